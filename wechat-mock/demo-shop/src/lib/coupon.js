// How coupons are shown.

import {t} from './texts.js';

/** WeChat's colours by their names, as /card/getcolors answers them; customers may not ask for that list. */
const COLORS = {
  Color010: '#63b359', Color020: '#2c9f67', Color030: '#509fc9', Color040: '#5885cf', Color050: '#9062c0', Color060: '#d09a45', Color070: '#e4b138',
  Color080: '#ee903c', Color081: '#f08500', Color082: '#a9d92d', Color090: '#dd6549', Color100: '#cc463d', Color101: '#cf3e36', Color102: '#5E6671'
};

export const colorValue = name => COLORS[name] || '#5E6671';

/** Of a time in RFC 3339, the day in China. */
export function day(time) {
  const date = new Date(Date.parse(time) + 8 * 3600 * 1000);
  return `${date.getUTCFullYear()}.${date.getUTCMonth() + 1}.${date.getUTCDate()}`;
}

/** Of a time in RFC 3339, day and minute in China. */
export function minute(time) {
  const date = new Date(Date.parse(time) + 8 * 3600 * 1000);
  const two = number => String(number).padStart(2, '0');
  return `${day(time)} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
}

export function validity(valid) {
  if (!valid) return '';
  if (valid.days) return t('days', valid.days);
  return `${day(valid.from)} - ${day(valid.to)}`;
}

/** The mock also serves the pictures that WeChat would have on a host of its own. */
export function pictureUrl(url, mock) {
  const found = /^https?:\/\/mmbiz\.qpic\.cn(\/.*)$/.exec(url || '');
  return found && mock ? mock + found[1] : url || '';
}
