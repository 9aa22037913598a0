// npm packs what lies in this folder, and no links: the license comes along as a copy that is not checked in.
import { copyFileSync } from 'node:fs';

copyFileSync(new URL('../../../LICENSE', import.meta.url), new URL('../LICENSE', import.meta.url));
