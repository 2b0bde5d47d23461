/** What the control API answers, as far as the console reads it. */

/** A text in the two languages that the mock speaks. */
export interface Both {
  en: string
  zh: string
}

export interface Callback {
  url: string
  token: string
  encoding_aes_key?: string | null
  mode: 'plain' | 'compatible' | 'safe'
  format?: 'xml' | 'json'
  disorder?: Record<string, unknown>
}

export interface Account {
  name: string
  kind: 'official_account' | 'mini_program'
  appid: string
  secret: string
  original_id: string
  card_right: boolean
  open_platform: string | null
  review: 'auto' | 'manual' | { after: number }
  callback: Callback | null
}

export interface User {
  name: string
  unionid: string
  openids: Record<string, string>
}

export interface Credentials {
  access_tokens: { token: string; issued_at: number; expires_at: number; grace: boolean }[]
  tickets: { type: string; ticket: string; expires_at: number }[]
  quotas: { path: string; used: number; limit: number }[]
}

export interface SignatureParts {
  sorted: string[]
  joined: string
  expected: string
  received: string
}

/** Why something was refused, or what was taken with an advice. */
export interface Explained {
  id?: string
  call?: string
  outcome?: string
  rule?: string
  severity?: 'error' | 'transient' | 'advice'
  at?: string | number
  phone_text?: string
  errmsg?: string
  statement?: Both
  expected?: unknown
  received?: unknown
  mistake?: Both & { id?: string }
  fix?: Both
  source?: string
  confidence?: string
  signature?: SignatureParts
  advice?: Explained[]
  cards?: Explained[]
}

/** A call in the journal, or what a customer did on the phone. */
export interface Entry {
  id: string
  at: number
  method?: string
  path?: string
  query?: Record<string, string>
  appid?: string
  request?: unknown
  errcode?: number
  status?: number
  reply?: unknown
  fault?: string
  outcome?: string
  advice?: Explained[]
  explain?: Explained
  /** Of what was done on the phone. */
  call?: string
  user?: string
  errMsg?: string
  phone_text?: string
}

export interface DateInfo {
  type: string
  begin_timestamp?: number | string
  end_timestamp?: number | string
  fixed_term?: number
  fixed_begin_term?: number
}

export interface FormPart {
  common?: string[]
  custom?: string[]
  choices?: Record<string, { values?: string[]; several?: boolean }>
}

export interface Card {
  card_id: string
  appid: string
  card_type: string
  title: string
  brand_name: string
  logo_url: string
  color: string
  color_value: string
  code_type: string
  status: string
  state_reason?: string
  sku: { quantity: number; total_quantity: number }
  date_info: DateInfo
  notice: string
  get_limit: number
  claimed: number
  consumed: number
  use_custom_code: boolean
  bind_openid: boolean
  can_give_friend: boolean
  deleted: boolean
  /** Of a member card: whether WeChat's form activates it. */
  wx_activate?: boolean
  /** What a member card asks before it works, by the shop's form. */
  form?: { required?: FormPart; optional?: FormPart }
  card?: Record<string, unknown>
}

/** A code that a customer holds. */
export interface Held {
  code: string
  encrypt_code: string
  card_id: string
  title: string
  appid: string
  status: string
  begin_time: number
  end_time: number
  outer_str: string | null
  /** Of a member card alone: whether its holder is a member. */
  active?: boolean
}

/** What the phone tells a page, with the record of why. */
export interface PhoneAnswer {
  errMsg: string
  cardList?: { code: string; cardId: string; isSuccess: boolean }[]
  explain: Explained
}

export interface Try {
  at: number
  outcome: string
  status?: number
  body?: string
  error?: string
  bad_signature?: boolean
}

export interface Push {
  id: string
  event: string
  card_id?: string
  code?: string
  appid: string
  at: number
  state: string
  body?: string
  tries: Try[]
}

export interface Clock {
  now: number
  frozen: boolean
}
