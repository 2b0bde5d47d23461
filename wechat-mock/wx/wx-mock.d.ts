/** Types of wx.js, the `wx` of wechat-mock. Beside a copy of wx.js this file is wx.d.ts. */

declare namespace WxMock {
  /** What the user does with every sheet, without being asked. */
  type Auto = 'accept' | 'cancel';

  interface Options {
    /** Address of the mock, without a slash at the end; `http://127.0.0.1:7420`, or where the script came from. */
    base?: string;
    /** Name of the user whose phone this is; `alice`. */
    user?: string;
    /** Whose page calls: the mini-program's appid, or for the JS-SDK the Official Account's; the starter mini-program's. */
    appid?: string;
    /** The control token of a mock on another address than loopback. */
    token?: string;
    /** Turns the sheets off. Where nobody can be asked, as in Node, it is `accept`. */
    auto?: Auto;
    /** Language of the sheets; `zh`. What the phone says stands there in Chinese either way. */
    lang?: 'zh' | 'en';
    /** The page's URL for `wx.config`; `location.href`. */
    url?: string;
    /** The `wx` to build upon; the program's own. Null: none. */
    wx?: object | null;
    /** Also puts the functions into that `wx` itself, for code that calls it directly. */
    replace?: boolean;
    /** Called with the record behind each answer, before the program is. */
    onexplain?: (record: Explanation | null) => void;
  }

  /** What `GET /_mock/v1/explain/{id}` answers; the verdict of `POST /_mock/v1/sign` after `wx.config`. */
  interface Explanation {
    id?: string;
    outcome?: 'done' | 'refused' | 'cancelled';
    rule?: string;
    phone_text?: string;
    mistake?: {en: string; zh: string};
    fix?: {en: string; zh: string};
    [more: string]: unknown;
  }

  /** The knobs of one installation; those that are not readonly may be turned at any time. */
  interface Mock {
    readonly base: string;
    user: string;
    appid: string;
    token: string;
    auto: Auto | undefined;
    lang: 'zh' | 'en';
    url: string;
    /** The record behind the last answer. */
    readonly explain: Explanation | null;
    onexplain: ((record: Explanation | null) => void) | null;
    /** Where the console explains a record; it hands the token over. */
    explanationUrl(record: Explanation): string;
  }

  interface Result {
    /** `login:ok`, `addCard:fail cancel`, `addCard:fail (已领完)`, in the JS-SDK `addCard:cancel`, … */
    errMsg: string;
  }

  interface Callbacks<R extends Result> {
    success?: (result: R) => void;
    fail?: (result: Result) => void;
    /** JS-SDK alone: the user went back. */
    cancel?: (result: Result) => void;
    complete?: (result: R | Result) => void;
  }

  /** With a callback it answers nothing; without one, a promise that is rejected with a `Result`. */
  interface Call<O, R extends Result> {
    (options: O & {success: (result: R) => void} & Callbacks<R>): void;
    (options: O & {fail: (result: Result) => void} & Callbacks<R>): void;
    (options: O & {cancel: (result: Result) => void} & Callbacks<R>): void;
    (options: O & {complete: (result: R | Result) => void} & Callbacks<R>): void;
    (options: O): Promise<R>;
  }

  interface Login extends Result {
    /** The js_code, once and for five minutes. */
    code: string;
  }

  interface CardToAdd {
    cardId: string;
    /** A JSON text, not an object. */
    cardExt: string;
  }

  interface AddedCard extends CardToAdd {
    /** Encrypted; empty when the card was not taken. */
    code: string;
    isSuccess: boolean;
  }

  interface Added extends Result {
    cardList: AddedCard[];
  }

  interface Choice {
    shopId?: string;
    cardType?: string;
    cardId?: string;
    /** Seconds since 1970. */
    timestamp: number | string;
    nonceStr: string;
    /** `SHA1`, also when it is left out, as in the JS-SDK. */
    signType?: string;
    cardSign: string;
  }

  interface Chosen extends Result {
    /** A JSON text: `[{"card_id","encrypt_code","app_id"}]`. */
    cardList: string;
  }

  interface Config {
    debug?: boolean;
    appId: string;
    timestamp: number | string;
    nonceStr: string;
    signature: string;
    jsApiList: string[];
  }

  interface Wx {
    login: Call<{timeout?: number} | void, Login>;
    checkSession: Call<{} | void, Result>;
    addCard: Call<{cardList: CardToAdd[]}, Added>;
    openCard: Call<{cardList: {cardId: string; code: string}[]}, Result>;
    chooseCard: Call<Choice, Chosen>;
    /** On fetch, where the program has none of its own; it answers a task, never a promise. */
    request(options: {
      url: string;
      data?: unknown;
      header?: Record<string, string>;
      method?: string;
      dataType?: string;
      responseType?: 'text' | 'arraybuffer';
      /** Milliseconds. */
      timeout?: number;
      success?: (result: Result & {data: any; statusCode: number; header: Record<string, string>; cookies: string[]}) => void;
      fail?: (result: Result) => void;
      complete?: (result: Result) => void;
    }): {abort(): void};
    /** JS-SDK: the signature is checked with the account's jsapi ticket. */
    config(settings: Config): void;
    ready(callback: (result?: Result) => void): void;
    error(callback: (result: Result) => void): void;
    checkJsApi: Call<{jsApiList: string[]}, Result & {checkResult: Record<string, boolean>}>;
    readonly mock: Mock;
  }

  /** A `wx` that has what the program's own has, and what the mock plays. Throws in a mini-program that is released. */
  function install<W extends object = {}>(options?: Options): W & Wx;
}

export = WxMock;
export as namespace wxMock;
