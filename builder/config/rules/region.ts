import type { Problem } from './problem.ts';

/** ISO 3166-1, two letters, as of tzdata 2026. */
const regions: ReadonlySet<string> = new Set(
  `
  AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW
  BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI
  FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN
  IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME
  MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF
  PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV
  SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE
  YT ZA ZM ZW
  `
    .trim()
    .split(/\s+/),
);

/** A country for the Wi-Fi regulations. */
export function countryProblem(value: string): Problem | undefined {
  if (regions.has(value)) return undefined;
  return { message: `${JSON.stringify(value)} is not a country code of ISO 3166`, help: countryHelp(value) };
}

/** A locale of glibc in UTF-8. */
export function localeProblem(value: string): Problem | undefined {
  if (value === 'C.UTF-8') return undefined;
  const [, language, region, rest] = /^([a-z]{2,3})[_-]([A-Za-z]{2})(.*)$/.exec(value) ?? [];
  if (language === undefined || region === undefined || rest === undefined) {
    return {
      message: 'must be a locale: language, "_", country, ".UTF-8"',
      help: 'for example "en_GB.UTF-8"',
    };
  }
  const country = region.toUpperCase();
  const modifier = /@[a-z]+$/.exec(rest)?.[0] ?? '';
  const regular = `${language}_${country === 'UK' ? 'GB' : country}.UTF-8${modifier}`;
  if (!regions.has(country) && country !== 'UK') {
    return {
      message: `the country "${region}" of this locale is unknown`,
      help: 'for example "en_GB.UTF-8"',
    };
  }
  return value === regular
    ? undefined
    : { message: 'must be a locale: language, "_", country, ".UTF-8"', help: `did you mean "${regular}"?` };
}

function countryHelp(value: string): string {
  const upper = value.toUpperCase();
  if (upper === 'UK') return 'the United Kingdom is "GB"';
  return regions.has(upper)
    ? `did you mean "${upper}"?`
    : 'two capital letters, for example "GB", "DE" or "US"';
}
