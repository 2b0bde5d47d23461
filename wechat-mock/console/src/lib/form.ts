/** The form that WeChat shows before a member card works. */
import { t, told } from './i18n'
import { FORM_FIELDS } from './templates'
import type { Card, FormPart } from './types'

/** What was filled in, by field: a text, or what was ticked of several choices. */
export type Filled = Record<string, string | string[]>

export interface Field {
  id: string
  part: 'common' | 'custom'
  label: string
  isRequired: boolean
  /** What can be chosen; nothing where any text will do. */
  values?: string[]
  /** Whether more than one can be. */
  several: boolean
}

const HABIT = 'USER_FORM_INFO_FLAG_HABIT'

function common(id: string, isRequired: boolean): Field {
  const label = told('form', id.replace('USER_FORM_INFO_FLAG_', ''))
  return { id, part: 'common', label, isRequired, several: id === HABIT }
}

function of(part: FormPart | undefined, isRequired: boolean): Field[] {
  // In WeChat's order, whatever that of the names is.
  const place = (id: string) => FORM_FIELDS.indexOf(id)
  const ready = [...(part?.common ?? [])].sort((a, b) => place(a) - place(b)).map((id) => common(id, isRequired))
  const own = (part?.custom ?? []).map((id): Field => {
    const choice = part?.choices?.[id]
    return { id, part: 'custom', label: id, isRequired, values: choice?.values, several: choice?.several ?? false }
  })
  return [...ready, ...own]
}

/** The fields that the shop asked for; all that WeChat has ready where it set no form. */
export function fieldsOf(card: Card): Field[] {
  if (!card.form) return FORM_FIELDS.map((id) => common(id, false))
  const required = of(card.form.required, true)
  const known = new Set(required.map((field) => `${field.part} ${field.id}`))
  return [...required, ...of(card.form.optional, false).filter((field) => !known.has(`${field.part} ${field.id}`))]
}

/** What the fields of one part have in them; texts of a field without choices are split at commas. */
export function filledIn(fields: Field[], texts: Record<string, string | string[]>, part: Field['part']): Filled {
  const filled: Filled = {}
  for (const field of fields.filter((field) => field.part === part)) {
    const text = texts[`${part} ${field.id}`] ?? ''
    if (text.length) filled[field.id] = field.several && typeof text === 'string' ? text.split(/[,，]\s*/) : text
  }
  return filled
}

/** What stands above the form. */
export const about = (card: Card) => t(card.form ? 'phone.formOfShop' : 'phone.formAbout')
