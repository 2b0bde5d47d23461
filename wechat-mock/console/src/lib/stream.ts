/** The one open connection: the mock's server-sent events, read by `fetch` so that the token is a header. */
import { ref } from 'vue'
import { headers, isLocked } from './api'
import { takenStream } from './early'
import { prefix } from './place'

export type Kind = 'request' | 'claim' | 'event' | 'clock' | 'world'
type Listener = (kind: Kind, data: unknown) => void

export type StreamState = 'connecting' | 'live' | 'paused' | 'away'
export const streamState = ref<StreamState>('connecting')

const listeners = new Set<Listener>()
let current: AbortController | undefined
/** Whether something may have been fetched already that is out of date when the connection stands. */
let isLate = false
let hasBegun = false
let tellStanding: () => void = () => undefined

/** Hears everything; what it returns ends that. */
export function listen(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function tell(kind: Kind, data: unknown): void {
  for (const listener of [...listeners]) listener(kind, data)
}

/** Cuts a text into events, as the format of server-sent events has it. */
export class Reader {
  private rest = ''

  constructor(private readonly tell: (kind: string, data: string) => void) {}

  take(text: string): void {
    const blocks = (this.rest + text).replace(/\r\n?/g, '\n').split('\n\n')
    this.rest = blocks.pop() ?? ''
    for (const block of blocks) this.block(block)
  }

  private block(block: string): void {
    let kind = 'message'
    const data: string[] = []
    for (const line of block.split('\n')) {
      const [name, ...value] = line.split(':')
      const text = value.join(':').replace(/^ /, '')
      if (name === 'event') kind = text
      if (name === 'data') data.push(text)
    }
    if (data.length) this.tell(kind, data.join('\n'))
  }
}

async function readOnce(begun: Promise<Response> | undefined, signal: AbortSignal): Promise<void> {
  const answer = await (begun ??
    fetch(`${prefix}/_mock/v1/stream`, {
      headers: headers({ accept: 'text/event-stream' }),
      cache: 'no-store',
      signal,
    }))
  if (answer.status === 401) isLocked.value = true
  if (!answer.ok || !answer.body) throw new Error(String(answer.status))
  streamState.value = 'live'
  // What happened while nobody listened is fetched.
  if (isLate) tell('world', { reason: 'again' })
  isLate = true
  tellStanding()
  const reader = new Reader((kind, data) => tell(kind as Kind, JSON.parse(data)))
  const bytes = answer.body.getReader()
  const decoder = new TextDecoder()
  for (;;) {
    const { done, value } = await bytes.read()
    if (done) return
    reader.take(decoder.decode(value, { stream: true }))
  }
}

const FIRST_WAIT = 1_000
const LONGEST_WAIT = 30_000

async function keepReading(first: Promise<Response> | undefined, signal: AbortSignal): Promise<void> {
  let answer = first
  let wait = FIRST_WAIT
  while (!signal.aborted) {
    streamState.value = 'connecting'
    const begun = Date.now()
    await readOnce(answer, signal).catch(() => undefined)
    answer = undefined
    if (signal.aborted) return
    if (isLocked.value) {
      // It begins anew with the right token.
      current = undefined
      return
    }
    streamState.value = 'away'
    if (Date.now() - begun > LONGEST_WAIT) wait = FIRST_WAIT
    await new Promise((then) => setTimeout(then, wait))
    wait = Math.min(wait * 2, LONGEST_WAIT)
  }
}

/** Opens the connection unless it is open. */
function connect(): void {
  if (current || document.hidden) return
  const early = takenStream()
  current = early?.controller ?? new AbortController()
  void keepReading(early?.answer, current.signal)
}

/** Milliseconds that a page waits for the connection before it shows itself without. */
const PATIENCE = 2_000

/** Opens the connection, so that what is fetched afterwards misses nothing. */
export async function begin(): Promise<void> {
  isLate = false
  const standing = new Promise<void>((then) => (tellStanding = then))
  const patience = new Promise<void>((then) => setTimeout(then, document.hidden ? 0 : PATIENCE))
  hasBegun = true
  connect()
  await Promise.race([standing, patience])
  isLate = true
}

export function disconnect(): void {
  current?.abort()
  current = undefined
  streamState.value = 'paused'
}

// A browser has six connections for one address: a tab that nobody looks at leaves its own free.
document.addEventListener('visibilitychange', () => {
  if (document.hidden) disconnect()
  else if (hasBegun) connect()
})
