// What few rules need said: no data, cooldown, what to do when it fires.
import { Field, Figure } from '../ui';
import { Number } from './rule_condition';
import type { Draft } from './rule_draft';

export function MoreFields({ draft, set }: { draft: Draft; set: (change: Partial<Draft>) => void }) {
  return (
    <details>
      <summary>More: no data, cooldown, description</summary>
      <div className="form">
        <Field label="No data is"><select value={draft.noData ?? ''} onChange={(event) => set({ noData: event.target.value || null })}><option value="">treated as usual</option><option value="ignore">no news</option><option value="keep">a reason to keep the state</option><option value="alert">a breach</option></select></Field>
        <Field label="Keep firing (s)"><Figure min={0} value={draft.keepFiringFor} onDone={(keepFiringFor) => set({ keepFiringFor })} /></Field>
        <Field label="Cooldown (s)"><Number value={draft.cooldownPeriod} placeholder="the service's own" onDone={(cooldownPeriod) => set({ cooldownPeriod })} /></Field>
        <Field label="Runbook"><input type="url" value={draft.runbookUrl} onChange={(event) => set({ runbookUrl: event.target.value })} placeholder="https://…" /></Field>
        <Field label="Description"><textarea rows={2} value={draft.description} onChange={(event) => set({ description: event.target.value })} placeholder="What to do when it fires" /></Field>
      </div>
    </details>
  );
}
