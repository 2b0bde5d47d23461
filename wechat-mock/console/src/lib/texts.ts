/** Every text of the console: Chinese first, then English. */
import { pageTexts } from './pageTexts'
import { valueTexts } from './valueTexts'

const frameTexts = {
  'nav.menu': ['菜单', 'Menu'],
  'nav.skip': ['跳到正文', 'Skip to content'],
  'nav.theme': ['切换深色／浅色', 'Dark or light'],
  'nav.overview': ['总览', 'Overview'],
  'nav.requests': ['请求', 'Requests'],
  'nav.cards': ['卡券', 'Cards'],
  'nav.phone': ['手机', 'Phone'],
  'nav.signature': ['签名', 'Signature'],
  'nav.pushes': ['推送', 'Pushes'],
  'nav.faults': ['故障', 'Faults'],
  'nav.clock': ['时钟', 'Clock'],
  'nav.switches': ['开关', 'Switches'],
  'nav.world': ['环境数据', 'World'],
  'nav.api': ['控制接口', 'Control API'],

  'stream.live': ['实时', 'Live'],
  'stream.connecting': ['连接中', 'Connecting'],
  'stream.paused': ['已暂停', 'Paused'],
  'stream.away': ['已断开', 'Disconnected'],

  'common.add': ['添加', 'Add'],
  'common.again': ['重试', 'Try again'],
  'common.cancel': ['取消', 'Cancel'],
  'common.close': ['关闭', 'Close'],
  'common.copied': ['已复制', 'Copied'],
  'common.copy': ['复制', 'Copy'],
  'common.delete': ['删除', 'Delete'],
  'common.file': ['选择文件', 'Choose a file'],
  'common.loading': ['加载中…', 'Loading…'],
  'common.more': ['更多', 'More'],
  'common.next': ['下一页', 'Next'],
  'common.none': ['无', 'none'],
  'common.older': ['加载更早的', 'Load older ones'],
  'common.previous': ['上一页', 'Previous'],
  'common.save': ['保存', 'Save'],
  'common.search': ['搜索', 'Search'],
  'common.sure': ['请确认', 'Please confirm'],

  'error.json': ['不是合法的 JSON：', 'This is no JSON:'],
  'error.unreachable': ['模拟服务没有应答，它可能已经停止。', 'The mock does not answer; it may have been stopped.'],

  'token.title': ['需要控制令牌', 'Control token needed'],
  'token.about': ['其他机器也能访问这个模拟服务，因此需要令牌。启动时已打印在终端，也可由 WECHAT_MOCK_CONTROL_TOKEN 指定。', 'Other machines can reach this mock, so it asks for its token: printed in the terminal at the start, or set by WECHAT_MOCK_CONTROL_TOKEN.'],
  'token.wrong': ['令牌不正确', 'That is not the token'],
  'token.label': ['控制令牌', 'Control token'],
  'token.enter': ['进入', 'Enter'],

  'refusal.title': ['微信拒绝了这次调用', 'WeChat refused this call'],
  'explain.fix': ['怎么改：', 'What to do:'],
  'explain.rule': ['规则', 'Rule'],
  'explain.at': ['位置', 'Where'],
  'explain.expected': ['应为', 'Expected'],
  'explain.received': ['收到', 'Received'],
  'explain.source': ['依据：', 'source:'],
  'explain.confidence': ['可信度：', 'confidence:'],

  'time.over': ['已过期', 'over'],
  'time.d': ['天', ' d'],
  'time.h': ['小时', ' h'],
  'time.m': ['分', ' min'],
  'time.s': ['秒', ' s'],
} as const

export const texts = { ...frameTexts, ...pageTexts, ...valueTexts }
