/** What every page needs, begun while the larger scripts are still on their way: this one waits for none of them. */
import { loaderOf } from './loaders'
import { prefix } from './place'

export const TOKEN_KEY = 'wechat-mock.token'

// A link may hand the control token over: `#token=…`, or `?token=…` after a route.
const handed = /[#?&]token=([^&]+)/.exec(location.hash)
if (handed) {
  sessionStorage.setItem(TOKEN_KEY, decodeURIComponent(handed[1]!))
  const rest = location.hash.replace(/^#token=[^&]+&?/, '#').replace(/([?&])token=[^&]+&?/, '$1').replace(/[?&]$/, '')
  history.replaceState(null, '', `${location.pathname}${location.search}${rest}`)
}

const token = sessionStorage.getItem(TOKEN_KEY)
const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {}
const controller = new AbortController()
const ask = (path: string, options: RequestInit = {}) => fetch(`${prefix}/_mock/${path}`, { headers, cache: 'no-store', ...options })

const answers = new Map<string, Promise<Response>>()
function begin(path: string, answer: Promise<Response>): void {
  answers.set(path, answer)
  // What failed is asked for again by whoever wants it.
  answer.catch(() => answers.delete(path))
}

// A hidden tab has no connection, and nothing is fetched before it: what changes in between would be missed.
if (!document.hidden) {
  const after = (first: Promise<Response>, then: () => Promise<Response>) =>
    first.then(({ ok }) => (ok ? then() : Promise.reject(new TypeError('nothing is shown without the token'))))
  const index = ask('v1')
  const stream = after(index, () => ask('v1/stream', { headers: { ...headers, accept: 'text/event-stream' }, signal: controller.signal }))
  begin('v1', index)
  begin('v1/stream', stream)
  for (const path of ['v1/accounts', 'v1/users', 'v1/clock']) begin(path, after(stream, () => ask(path)))
}
void loaderOf(location.hash.slice(1))?.().catch(() => undefined)

/** The answer that was asked for before, once: the next who asks gets a newer one. */
export function taken(path: string): Promise<Response> | undefined {
  const answer = answers.get(path)
  answers.delete(path)
  return answer
}

/** The connection that was begun before, once, with what ends it. */
export function takenStream(): { answer: Promise<Response>; controller: AbortController } | undefined {
  const answer = taken('v1/stream')
  return answer && { answer, controller }
}
