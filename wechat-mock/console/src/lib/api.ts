/** The control API of the mock, and WeChat's own paths. */
import { ref } from 'vue'
import { TOKEN_KEY, taken } from './early'
import { prefix } from './place'

/** The control token; empty where the mock asks for none. */
export const token = ref(sessionStorage.getItem(TOKEN_KEY) ?? '')
/** Whether the mock asked for a token, or for another one; the page shows nothing but the form then. */
export const isLocked = ref(false)
/** Whether the mock was reached and let us in. */
export const isOpen = ref(false)

export function keepToken(text: string): void {
  token.value = text
  if (text) sessionStorage.setItem(TOKEN_KEY, text)
  else sessionStorage.removeItem(TOKEN_KEY)
}

/** Why the control API refused a call. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly field?: string,
  ) {
    super(message)
  }
}

export function headers(extra: Record<string, string> = {}): Record<string, string> {
  return token.value ? { ...extra, authorization: `Bearer ${token.value}` } : extra
}

type Query = Record<string, string | number | boolean | undefined>

export function withQuery(path: string, query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '')
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
  return text ? `${path}?${text}` : path
}

async function send<T>(method: string, path: string, body?: unknown): Promise<T> {
  let answer: Response
  try {
    const begun = method === 'GET' ? await taken(path)?.catch(() => undefined) : undefined
    answer =
      begun ??
      (await fetch(`${prefix}/_mock/${path}`, {
        method,
        headers: headers(body === undefined ? {} : { 'content-type': 'application/json' }),
        body: body === undefined ? undefined : JSON.stringify(body),
        cache: 'no-store',
      }))
  } catch {
    throw new ApiError(0, 'unreachable', 'the mock does not answer')
  }
  const text = await answer.text()
  let json: unknown
  try {
    json = text ? JSON.parse(text) : null
  } catch {
    throw new ApiError(answer.status, 'unreadable', text.slice(0, 200))
  }
  if (answer.ok) return json as T
  if (answer.status === 401) {
    isLocked.value = true
    isOpen.value = false
  }
  const error = (json as { error?: { code?: string; message?: string; field?: string } } | null)?.error
  throw new ApiError(answer.status, error?.code ?? 'error', error?.message ?? text.slice(0, 200), error?.field)
}

/** One segment of a path. */
export const seg = encodeURIComponent

/** Calls below `/_mock/v1`. */
export const api = {
  get: <T>(path: string, query: Query = {}) => send<T>('GET', withQuery(path ? `v1/${path}` : 'v1', query)),
  post: <T>(path: string, body?: unknown) => send<T>('POST', `v1/${path}`, body),
  put: <T>(path: string, body: unknown) => send<T>('PUT', `v1/${path}`, body),
  patch: <T>(path: string, body: unknown) => send<T>('PATCH', `v1/${path}`, body),
  delete: <T>(path: string) => send<T>('DELETE', `v1/${path}`),
  /** A document beside the API, such as openapi.json. */
  document: <T>(path: string) => send<T>('GET', path),
}
