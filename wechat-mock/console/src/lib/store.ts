/** What several pages show: accounts, users, cards, the clock. */
import { computed, ref, shallowReactive } from 'vue'
import { ApiError, api, isLocked, isOpen, seg } from './api'
import { begin, listen } from './stream'
import type { Account, Card, Clock, Entry, User } from './types'

export const accounts = ref<Account[]>([])
export const users = ref<User[]>([])
export const version = ref('')

export const officialAccounts = computed(() => accounts.value.filter((account) => account.kind === 'official_account'))
export const cardAccounts = computed(() => officialAccounts.value.filter((account) => account.card_right))

/** An account's name, where it has one that is known. */
export function nameOf(appid: string | undefined): string {
  if (!appid) return ''
  return accounts.value.find((account) => account.appid === appid)?.name ?? appid
}

/** Seconds that the mock's clock is ahead of this machine's, while it runs. */
const ahead = ref(0)
const frozenAt = ref<number>()
const tick = ref(Date.now())
setInterval(() => (tick.value = Date.now()), 1_000)

export const isFrozen = computed(() => frozenAt.value !== undefined)
/** The mock's time in seconds, told on without asking. */
export const now = computed(() => frozenAt.value ?? Math.floor(tick.value / 1_000 + ahead.value))

export function setClock(clock: Clock): void {
  tick.value = Date.now()
  ahead.value = clock.now - Date.now() / 1_000
  frozenAt.value = clock.frozen ? clock.now : undefined
}

/** Cards by id, fetched once; false for those that are not there. */
const cards = shallowReactive(new Map<string, Card | false>())
const asked = new Set<string>()
/** Counts how often cards have changed: what shows one asks again. */
const changes = ref(0)

/** The card of this id, fetched when it is asked for first; an old one until the new one is there. */
export function cardOf(cardId: string): Card | undefined {
  if (changes.value >= 0 && !asked.has(cardId)) {
    asked.add(cardId)
    api
      .get<Card>(`cards/${seg(cardId)}`)
      .then((found) => cards.set(cardId, found))
      .catch((fault) => {
        if (fault instanceof ApiError) cards.set(cardId, false)
        else throw fault
      })
  }
  return cards.get(cardId) || undefined
}

function askAgain(): void {
  asked.clear()
  changes.value++
}

export async function loadBasics(): Promise<void> {
  const [given, people, clock] = await Promise.all([
    api.get<{ accounts: Account[] }>('accounts'),
    api.get<{ users: User[] }>('users'),
    api.get<Clock>('clock'),
  ])
  accounts.value = given.accounts
  users.value = people.users
  setClock(clock)
}

/** Reaches the mock, or learns that it wants a token. */
export async function enter(): Promise<void> {
  const index = await api.get<{ version: string }>('')
  version.value = index.version
  await begin()
  await loadBasics()
  isLocked.value = false
  isOpen.value = true
}

/** WeChat's calls after which a card looks different. */
const CARD_CALLS = ['/card/update', '/card/delete', '/card/code/unavailable']

async function follow(reason: string | undefined): Promise<void> {
  switch (reason) {
    case 'account':
      accounts.value = (await api.get<{ accounts: Account[] }>('accounts')).accounts
      break
    case 'user':
      // Most of what a customer does makes no other customer.
      users.value = (await api.get<{ users: User[] }>('users')).users
      break
    case 'card':
      askAgain()
      break
    case 'reset':
    case 'import':
    case 'again':
      await loadBasics()
      askAgain()
      break
  }
}

listen((kind, data) => {
  if (kind === 'clock') setClock(data as Clock)
  if (kind === 'request' && CARD_CALLS.includes((data as Entry).path ?? '')) askAgain()
  // A mock that is gone meanwhile is told of by the stream.
  if (kind === 'world') void follow((data as { reason?: string }).reason).catch(() => undefined)
})
