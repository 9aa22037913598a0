// The template of the route that answers a request (`/users/:id`), never the path that was asked for.
//
// Express keeps `req.route.path`, but of the routers above it only `req.baseUrl`, which is the raw path, and it takes
// that back when a handler fails. So both are watched while they are set: when a router is entered, `req.params` holds
// the values that its own template matched.

/** What is used of an Express request, of version 4 or 5. */
export interface RoutedRequest {
  baseUrl?: string | undefined;
  route?: { path: unknown };
  params?: Record<string, unknown>;
}

export interface RouteWatch {
  /** The template so far: `/users/:id`, `/files/*` for what a mounted handler answers itself, `unmatched` for the rest. */
  template(): string;
}

const watched = new WeakMap<RoutedRequest, RouteWatch>();

/** Watch from now on; where an outer app watches already, with its eyes. */
export function watchRoute(request: RoutedRequest): RouteWatch {
  const watch = watched.get(request) ?? watchAnew(request);
  watched.set(request, watch);
  return watch;
}

function watchAnew(request: RoutedRequest): RouteWatch {
  let base = request.baseUrl; // undefined outside of every router
  let route = request.route;
  let found: string | null = null;
  const templates = new Map<string, string>([['', ''], [base ?? '', named(base ?? '', request.params)]]);
  Object.defineProperty(request, 'baseUrl', {
    configurable: true,
    enumerable: true,
    get: () => base,
    set(entered: string | undefined) {
      // Longer: a router is entered, each time by a template of its own. Else one is left.
      const above = base ?? '';
      if (entered && entered.length > above.length && entered.startsWith(above)) {
        templates.set(entered, (templates.get(above) ?? '') + named(entered.slice(above.length), request.params));
      }
      base = entered;
    },
  });
  Object.defineProperty(request, 'route', {
    configurable: true,
    enumerable: true,
    get: () => route,
    set(matched: { path: unknown } | undefined) {
      route = matched;
      if (matched) found = (templates.get(base ?? '') ?? '') + pathOf(matched.path);
    },
  });
  return {
    template() {
      if (found !== null) return found || '/';
      return base ? `${templates.get(base) ?? ''}/*` : 'unmatched';
    },
  };
}

/** A mounted path with its parameters' values as their names again; a value follows its noun, so from the right. */
function named(mounted: string, params: Record<string, unknown> | undefined): string {
  const segments = mounted.split('/');
  for (const [name, value] of Object.entries(params ?? {}).reverse()) {
    const at = segments.findLastIndex(segment => segment !== '' && decoded(segment) === value);
    if (at >= 0) segments[at] = `:${name}`;
  }
  return segments.join('/');
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** A route's path may be text, a pattern, or several of them. */
function pathOf(path: unknown): string {
  const one: unknown = Array.isArray(path) ? path[0] : path;
  return typeof one === 'string' ? one.replace(/\/$/, '') : String(one);
}
