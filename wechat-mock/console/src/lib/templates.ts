/** Cards to begin with. */
import type { Lang } from './i18n'

export const COLORS: [string, string][] = [
  ['Color010', '#63b359'], ['Color020', '#2c9f67'], ['Color030', '#509fc9'], ['Color040', '#5885cf'],
  ['Color050', '#9062c0'], ['Color060', '#d09a45'], ['Color070', '#e4b138'], ['Color080', '#ee903c'],
  ['Color081', '#f08500'], ['Color082', '#a9d92d'], ['Color090', '#dd6549'], ['Color100', '#cc463d'],
  ['Color101', '#cf3e36'], ['Color102', '#5E6671'],
]

export const CODE_TYPES = ['CODE_TYPE_QRCODE', 'CODE_TYPE_BARCODE', 'CODE_TYPE_TEXT']

export type TemplateName = 'GENERAL_COUPON' | 'GROUPON' | 'CASH' | 'DISCOUNT' | 'GIFT' | 'MEMBER_CARD'
export const TEMPLATES: TemplateName[] = ['GENERAL_COUPON', 'CASH', 'DISCOUNT', 'GIFT', 'GROUPON', 'MEMBER_CARD']

/** What the form asks. */
export interface Draft {
  template: TemplateName
  title: string
  brand: string
  notice: string
  description: string
  color: string
  codeType: string
  quantity: number
  limit: number
  days: number
  canGive: boolean
  logoUrl: string
}

const TITLES: Record<TemplateName, [string, string]> = {
  GENERAL_COUPON: ['满百减二十', '20 off 100'],
  GROUPON: ['双人套餐', 'Dinner for two'],
  CASH: ['十元代金券', '10 yuan off'],
  DISCOUNT: ['全场八折', '20 % off'],
  GIFT: ['送酸梅汤一杯', 'A free drink'],
  MEMBER_CARD: ['星河会员卡', 'Member card'],
}

export function draft(template: TemplateName, lang: Lang): Draft {
  const zh = lang === 'zh'
  return {
    template,
    title: TITLES[template][zh ? 0 : 1],
    brand: zh ? '星河小馆' : 'Galaxy Diner',
    notice: zh ? '结账前请出示券码' : 'Show the code',
    description: zh ? '可与其他优惠同享\n每桌限用一张' : 'May be used with other offers\nOne per table',
    color: template === 'MEMBER_CARD' ? 'Color040' : 'Color010',
    codeType: template === 'MEMBER_CARD' ? 'CODE_TYPE_BARCODE' : 'CODE_TYPE_QRCODE',
    quantity: 500,
    limit: template === 'MEMBER_CARD' ? 1 : 3,
    days: 30,
    canGive: template !== 'MEMBER_CARD',
    logoUrl: '',
  }
}

/** The body of /card/create; `now` is the mock's time in seconds. */
export function body(draft: Draft, now: number): object {
  const isMember = draft.template === 'MEMBER_CARD'
  const midnight = now - (now % 86_400)
  const base_info = {
    logo_url: draft.logoUrl,
    brand_name: draft.brand,
    code_type: draft.codeType,
    title: draft.title,
    color: draft.color,
    notice: draft.notice,
    description: draft.description,
    date_info: isMember
      ? { type: 'DATE_TYPE_PERMANENT' }
      : {
          type: 'DATE_TYPE_FIX_TIME_RANGE',
          // WeChat wants whole seconds, as texts.
          begin_timestamp: String(midnight),
          end_timestamp: String(midnight + draft.days * 86_400 - 1),
        },
    sku: { quantity: draft.quantity },
    get_limit: draft.limit,
    can_share: draft.canGive,
    can_give_friend: draft.canGive,
  }
  const kinds: Record<TemplateName, object> = {
    GENERAL_COUPON: { base_info, default_detail: draft.description },
    GROUPON: { base_info, deal_detail: draft.description },
    CASH: { base_info, least_cost: 10_000, reduce_cost: 1_000 },
    DISCOUNT: { base_info, discount: 20 },
    GIFT: { base_info, gift: draft.title },
    MEMBER_CARD: {
      base_info,
      supply_bonus: true,
      supply_balance: false,
      prerogative: draft.description,
      wx_activate: true,
      bonus_rule: { init_increase_bonus: 100 },
    },
  }
  return { card: { card_type: draft.template, [draft.template.toLowerCase()]: kinds[draft.template] } }
}

/** The form that the template's member card asks for before it is activated. */
export function memberForm(cardId: string): object {
  return {
    card_id: cardId,
    required_form: { can_modify: false, common_field_id_list: ['USER_FORM_INFO_FLAG_MOBILE', 'USER_FORM_INFO_FLAG_NAME'] },
    optional_form: { common_field_id_list: ['USER_FORM_INFO_FLAG_BIRTHDAY'] },
  }
}

/** What WeChat has ready for such forms. */
export const FORM_FIELDS = [
  'MOBILE', 'NAME', 'SEX', 'BIRTHDAY', 'IDCARD', 'EMAIL', 'LOCATION', 'DETAIL_LOCATION',
  'EDUCATION_BACKGRO', 'CAREER', 'INDUSTRY', 'INCOME', 'HABIT',
].map((name) => `USER_FORM_INFO_FLAG_${name}`)

/** A picture for cards that have none: the shop's first letter on its colour. */
export async function letterLogo(text: string, color: string): Promise<Blob> {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = 300
  const context = canvas.getContext('2d')
  if (!context) throw new Error('no canvas')
  context.fillStyle = color
  context.fillRect(0, 0, 300, 300)
  context.fillStyle = '#fff'
  context.font = 'bold 160px sans-serif'
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  context.fillText([...text][0] ?? '?', 150, 160)
  return new Promise((done, fail) =>
    canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error('no picture'))), 'image/png'),
  )
}
