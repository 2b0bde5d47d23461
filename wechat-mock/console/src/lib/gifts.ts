/** Gifts on their way that were offered on this page's phones; the wallet does not say to whom. */
import { ref } from 'vue'

export interface Offer {
  code: string
  card_id: string
  title: string
  from: string
  to: string
}

const KEY = 'wechat-mock.gifts'

function read(): Offer[] {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? '[]') as Offer[]
  } catch {
    return []
  }
}

export const offers = ref<Offer[]>(read())

function keep(): void {
  sessionStorage.setItem(KEY, JSON.stringify(offers.value))
}

export function remember(offer: Offer): void {
  offers.value = [...offers.value.filter((known) => known.code !== offer.code), offer]
  keep()
}

export function forget(code: string): void {
  offers.value = offers.value.filter((known) => known.code !== code)
  keep()
}
