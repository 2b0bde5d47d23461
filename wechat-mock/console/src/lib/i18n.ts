/** Chinese and English. */
import { ref } from 'vue'
import { texts } from './texts'
import type { Both } from './types'

export type Lang = 'zh' | 'en'
export type Key = keyof typeof texts

const KEY = 'wechat-mock.lang'

function first(): Lang {
  const kept = localStorage.getItem(KEY)
  if (kept === 'zh' || kept === 'en') return kept
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en'
}

export const lang = ref<Lang>(first())

export function setLang(to: Lang): void {
  lang.value = to
  localStorage.setItem(KEY, to)
  document.documentElement.lang = to === 'zh' ? 'zh-CN' : 'en'
}
setLang(lang.value)

/** The text of a key; `{name}` is filled from `values`. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  const text: string = texts[key][lang.value === 'zh' ? 0 : 1]
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
}

export function hasText(key: string): key is Key {
  return Object.hasOwn(texts, key)
}

/** A text that is known by a key made of a value, else the value itself. */
export function told(prefix: string, value: string | undefined): string {
  const key = `${prefix}.${value}`
  return hasText(key) ? t(key) : (value ?? '')
}

/** The half of a text that the reader wants; a plain text as it is. */
export function say(text: Both | string | undefined | null): string {
  if (!text) return ''
  return typeof text === 'string' ? text : (text[lang.value] ?? text.en)
}

const two = (number: number) => String(number).padStart(2, '0')

// By hand: the first use of Intl costs a page as much time as all its texts, and writes midnight as 24.
/** Seconds since 1970 as date and time of this machine's zone. */
export function dateTime(seconds: number | undefined): string {
  if (seconds === undefined || !Number.isFinite(seconds)) return ''
  const date = new Date(seconds * 1_000)
  const [year, month, day] = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())]
  return lang.value === 'zh' ? `${year}/${month}/${day} ${timeOfDay(seconds)}` : `${day}/${month}/${year}, ${timeOfDay(seconds)}`
}

export function timeOfDay(seconds: number): string {
  const date = new Date(seconds * 1_000)
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')
}

/** A day as a card prints it. */
export function day(seconds: number): string {
  const date = new Date(seconds * 1_000)
  return `${date.getFullYear()}.${two(date.getMonth() + 1)}.${two(date.getDate())}`
}

/** A length of time, in its two largest units. */
export function span(seconds: number): string {
  if (seconds <= 0) return t('time.over')
  const parts: [number, Key][] = [
    [Math.floor(seconds / 86_400), 'time.d'],
    [Math.floor(seconds / 3_600) % 24, 'time.h'],
    [Math.floor(seconds / 60) % 60, 'time.m'],
    [Math.floor(seconds) % 60, 'time.s'],
  ]
  const from = parts.findIndex(([count]) => count > 0)
  return parts
    .slice(from, from + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${t(unit)}`)
    .join(' ')
}
