/** What friends offer a customer, as the mock knows it. */
import { api, seg } from './api'

export interface Offer {
  code: string
  card_id: string
  title: string
  appid: string
  from: string
  /** When the offer ends, in seconds since 1970. */
  until: number
}

/** Offers that a phone shows. */
const SHOWN = 20
/** Pages that are looked through for them: the mock looks at a bounded number of offers for each. */
const PAGES = 10

export async function offersTo(name: string): Promise<Offer[]> {
  const found: Offer[] = []
  let after: string | undefined
  for (let count = 0; count < PAGES && found.length < SHOWN; count++) {
    const page = await api.get<{ gifts: Offer[]; next?: string }>(`users/${seg(name)}/gifts`, { limit: SHOWN, after })
    found.push(...page.gifts)
    after = page.next
    if (!after) break
  }
  return found.slice(0, SHOWN)
}
