/** WeChat's own paths, called as a shop's backend calls them. */
import { ApiError, api, seg, withQuery } from './api'
import { prefix } from './place'
import { sha1 } from './sha1'
import type { Account, Explained } from './types'

/** WeChat's refusal, with the mock's explanation of it. */
export class Refusal extends Error {
  constructor(
    readonly path: string,
    readonly errcode: number,
    readonly errmsg: string,
    readonly explain: Explained | undefined,
  ) {
    super(`${errcode} ${errmsg}`)
  }
}

const tokens = new Map<string, string>()
const STALE = [40001, 40014, 42001]

interface Answer {
  errcode?: number
  errmsg?: string
}

/** Without a body it is a GET. */
async function send(path: string, query: Record<string, string>, body: unknown): Promise<Answer> {
  const isForm = body instanceof FormData
  let text: string
  try {
    const answer = await fetch(prefix + withQuery(path, query), {
      method: body === undefined ? 'GET' : 'POST',
      headers: isForm || body === undefined ? {} : { 'content-type': 'application/json' },
      body: isForm ? body : JSON.stringify(body),
      cache: 'no-store',
    })
    text = await answer.text()
  } catch {
    throw new ApiError(0, 'unreachable', `${path}: no answer`)
  }
  try {
    return JSON.parse(text) as Answer
  } catch {
    // A fault may be set that breaks answers.
    throw new ApiError(0, 'unreadable', `${path}: ${text.slice(0, 120)}`)
  }
}

async function refusal(path: string, answer: Answer): Promise<Refusal> {
  const errmsg = answer.errmsg ?? ''
  const trace = /hint: \[([^\]]+)\]/.exec(errmsg)?.[1] ?? /rid: (\S+)/.exec(errmsg)?.[1]
  const explain = trace ? await api.get<Explained>(`explain/${seg(trace)}`).catch(() => undefined) : undefined
  return new Refusal(path, answer.errcode ?? 0, errmsg, explain)
}

async function tokenOf(account: Account): Promise<string> {
  const kept = tokens.get(account.appid)
  if (kept) return kept
  const path = '/cgi-bin/stable_token'
  const body = { grant_type: 'client_credential', appid: account.appid, secret: account.secret }
  const answer = (await send(path, {}, body)) as Answer & { access_token?: string }
  if (!answer.access_token) throw await refusal(path, answer)
  tokens.set(account.appid, answer.access_token)
  return answer.access_token
}

/** Calls WeChat for an account; a token that died is replaced once. */
export async function wechat<T = object>(
  account: Account,
  path: string,
  body: unknown,
  query: Record<string, string> = {},
): Promise<T> {
  for (let isSecond = false; ; isSecond = true) {
    const answer = await send(path, { access_token: await tokenOf(account), ...query }, body)
    if (!answer.errcode) return answer as T
    if (isSecond || !STALE.includes(answer.errcode)) throw await refusal(path, answer)
    tokens.delete(account.appid)
  }
}

/** Signs a card for one claim, as the shop's backend does. */
export async function signCard(account: Account, cardId: string, at: number): Promise<string> {
  const path = '/cgi-bin/ticket/getticket'
  const { ticket } = await wechat<{ ticket: string }>(account, path, undefined, { type: 'wx_card' })
  const timestamp = String(at)
  const random = crypto.getRandomValues(new Uint8Array(8))
  const nonce_str = [...random].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  const signature = sha1([ticket, timestamp, cardId, nonce_str].sort().join(''))
  return JSON.stringify({ timestamp, nonce_str, signature })
}

/** Uploads a picture; the URL that a card takes. */
export async function uploadLogo(account: Account, picture: Blob): Promise<string> {
  const form = new FormData()
  form.append('buffer', picture, 'logo.png')
  return (await wechat<{ url: string }>(account, '/cgi-bin/media/uploadimg', form)).url
}

