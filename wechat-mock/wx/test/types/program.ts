// Compiles only while the types are what wx.js does.
import {install} from './wx';

const wx2 = install<{getSystemInfoSync(): {platform: string}}>({base: 'http://127.0.0.1:7420', user: 'alice', auto: 'accept'});

export async function claim(items: {cardId: string; cardExt: string}[]): Promise<string> {
  const {code} = await wx2.login();
  const platform: string = wx2.getSystemInfoSync().platform;
  const {cardList} = await wx2.addCard({cardList: items});
  const isTaken: boolean = cardList[0].isSuccess;
  const answer: void = wx2.addCard({cardList: items, success: ({cardList}) => cardList[0].code, cancel: ({errMsg}) => errMsg});
  const chosen: string = (await wx2.chooseCard({timestamp: 1, nonceStr: 'n', cardSign: 's'})).cardList;
  wx2.mock.auto = 'cancel';
  // @ts-expect-error: cardExt is a text
  wx2.addCard({cardList: [{cardId: 'p', cardExt: {}}]});
  // @ts-expect-error: there is no such answer
  wx2.mock.auto = 'always';
  return [code, platform, isTaken, answer, chosen].join();
}
