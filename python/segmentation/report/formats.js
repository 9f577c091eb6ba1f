// How a page writes numbers; it has `locale()` and `currency` (null where none is known).
const compact = (value, more) => value == null ? "–" :
  new Intl.NumberFormat(locale(), { notation: Math.abs(value) < 1000 ? "standard" : "compact", maximumFractionDigits: 2, ...more }).format(value);
const formats = {
  format_count: value => compact(value, {}),
  format_number: value => compact(value, {}),
  format_percent: value => value == null ? "–" : new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 2 }).format(value),
  format_money: value => compact(value, currency ? { style: "currency", currency, currencyDisplay: "symbol", minimumFractionDigits: 0 } : {}),
};
