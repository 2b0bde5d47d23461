  /** A `wx` that has what `options.wx` (or the program's own) has, and what the mock plays. */
  function install(options) {
    const given = options || {};
    const found = given.wx !== undefined ? given.wx : typeof wx === 'object' ? wx : null;
    const native = found && found.mock instanceof Mock ? found.mock.native : found;
    if (typeof document === 'undefined' && native && typeof native.getAccountInfoSync === 'function') {
      const {miniProgram} = native.getAccountInfoSync();
      if (miniProgram && miniProgram.envVersion === 'release') {
        throw new Error('wx.js of wechat-mock refuses to run in a released mini-program');
      }
    }
    const mock = new Mock(given, native);
    const played = functionsOf(mock);
    if (!native || typeof native.request !== 'function') played.request = request;
    const define = target => {
      Object.keys(played).concat('mock').forEach(name => Object.defineProperty(target, name, {
        configurable: true, enumerable: true, writable: true, value: name === 'mock' ? mock : played[name]
      }));
      return target;
    };
    if (!given.replace || !native) return define(Object.create(native));
    // What the program's own `wx` did before is still there for the mock's own calls.
    mock.native = Object.assign(Object.create(native), {request: native.request, showModal: native.showModal});
    return define(native);
  }

