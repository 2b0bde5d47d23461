/** How a card looks. */
import { day, t } from './i18n'
import { prefix } from './place'
import type { Card, DateInfo } from './types'

/** A picture that was uploaded to this mock; others are not fetched from the Internet. */
export function pictureOf(url: string | undefined): string | undefined {
  const match = /^https?:\/\/mmbiz\.qpic\.cn(\/mmbiz_(?:png|jpg|jpeg)\/[^?#]+)$/.exec(url ?? '')
  return match ? prefix + match[1] : undefined
}

/** When a card can be used, in words. */
export function validity(info: DateInfo | undefined): string {
  if (!info) return ''
  const from = Number(info.begin_timestamp)
  const to = Number(info.end_timestamp)
  switch (info.type) {
    case 'DATE_TYPE_FIX_TIME_RANGE':
      return t('card.range', { from: day(from), to: day(to) })
    case 'DATE_TYPE_FIX_TERM': {
      const until = to ? ` ${t('card.until', { to: day(to) })}` : ''
      const start = info.fixed_begin_term
        ? t('card.termLater', { days: info.fixed_term ?? 0, start: info.fixed_begin_term })
        : t('card.term', { days: info.fixed_term ?? 0 })
      return start + until
    }
    case 'DATE_TYPE_PERMANENT':
      return t('card.permanent')
    default:
      return info.type
  }
}

const GOOD = ['CARD_STATUS_VERIFY_OK', 'CARD_STATUS_DISPATCH']

export function toneOf(status: string): 'success' | 'warning' | 'danger' | 'info' {
  if (GOOD.includes(status)) return 'success'
  if (status === 'CARD_STATUS_NOT_VERIFY') return 'warning'
  if (status === 'CARD_STATUS_VERIFY_FAIL') return 'danger'
  return 'info'
}

export function toneOfCode(status: string): 'success' | 'warning' | 'danger' | 'info' {
  if (status === 'NORMAL') return 'success'
  if (status === 'GIFTING') return 'warning'
  return 'info'
}

/** The member called `base_info` of what /card/get shows. */
export function baseInfo(card: Card): Record<string, unknown> {
  const whole = (card.card ?? {}) as Record<string, Record<string, unknown>>
  const inner = (whole.card as Record<string, Record<string, unknown>> | undefined) ?? whole
  const kind = inner[card.card_type.toLowerCase()]
  return (kind?.base_info as Record<string, unknown>) ?? {}
}
