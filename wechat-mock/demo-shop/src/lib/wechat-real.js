// A build without a mock: WeChat itself.

/* global wx */
export const makeWx = () => wx;
