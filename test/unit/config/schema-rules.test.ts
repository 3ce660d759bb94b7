import { describe, expect, it } from 'vitest';
import { load, oneLine } from '../../helpers/load-config.ts';

// Keys made for these tests; their private halves were thrown away.
const ed25519 = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOvaOhkdEau/oqk+nrBIU8QOypti+sP9SjnO+IzXuVHC me@laptop';
const ecdsa =
  'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBCdyVDynnBkC6ixDXELxuY0tQX4Fq03J8ttFqm24pkT+L302bFgY8QQZs52aYaX533urYpZObiK0KW6BGXsuQhs=';
const rsa2048 =
  'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDW1SE1rBP2Neh+IH0lYGy3T5WwnCE5gkMfIh20b9HeHJ2o0uvMA6lUAkZLJ+01jMDDUqFefj3en9We17z/Gd1olrFJaA1eYsdeNJBgTYnH6TczQhMWGLGpcNc5eqNnMBTUPdrL1RbWNh1d2xrf8lLi3Ju3Mcqat7+i9wHOxGzUn6OoJqK1mgAe+6WAwSD0T0IOaVXXEMbxWvIxwuyqL4MmDNGiOY84d8/Xi6wxCBu3jKBfDstdcmhcFbahZJ444xxe3HGQFLsZfdixnmZrAE3gPhtG1e+ad0Sbx75qCdgVGkm5zgIWNk5GOfTa2r0DIC4/covPBTJs+Bk1Etdxi1L5';
const rsa1024 =
  'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQCt3shjwsIOg/xwMyFhLIgVTOQExBBr0GXS0lsDf08pbfOWDoS0yw/vpzlYv17x0JBOrvEw1cci8Dflz0mNHPnwVUtFN3M89VfbzlbtUvp5+Csx76o+P6oSis0hMyQIvdKXD0V8XkdtCT8Jtuj234z9jS0xpQ7QZbSkwqfShb15dQ==';

describe('good values', () => {
  it.each([
    ['edition: slim'],
    ['edition: full'],
    ['hostname: hearth'],
    ['hostname: a'],
    [`hostname: ${'a'.repeat(63)}`],
    ['hostname: pi-4-b'],
    ['image: {name: hearth}'],
    ['image: {name: my.home_server-2}'],
    ['image: {date: 2026-11-23}'],
    ['image: {date: "1980-01-01"}'],
    ['image: {date: 2024-02-29}'],
    ['locale: en_GB.UTF-8'],
    ['locale: C.UTF-8'],
    ['locale: ca_ES.UTF-8@valencia'],
    ['timezone: Europe/London'],
    ['timezone: UTC'],
    ['timezone: America/Argentina/Buenos_Aires'],
    ['timezone: Asia/Kolkata'],
    ['keyboard: {layout: gb}'],
    ['keyboard: {layout: "us,ru"}'],
    ['keyboard: {variant: nodeadkeys}'],
    ['wifi: {country: DE}'],
    ['wifi: {country: NO}'],
    [`ssh: {authorizedKeys: ["${ed25519}"]}`],
    [`ssh: {authorizedKeys: ["${ecdsa}", "${rsa2048}"]}`],
    ['debian: {suite: trixie}'],
    ['artifacts: {delivery: {k3s: first-boot, cloudflared: baked}, isPrivate: true}'],
    ['artifacts: {mirrors: ["http://archive.example/artifacts", "file:///media/stick/artifacts"]}'],
    ['debian: {mirror: "http://archive.example/debian"}'],
    ['debian: {securityMirror: "https://archive.example:8080/debian-security/"}'],
    ['stages: [00-bootstrap, 30-samba]'],
    ['samba: {workgroup: HOME, port: 1, timeMachine: false, shares: [{name: media}]}'],
    ['plex: {claim: abc}'],
  ])('takes %s', async (text) => {
    const { diagnostics, config } = await load(text);

    expect(diagnostics.map(oneLine)).toEqual([]);
    expect(config).toBeDefined();
  });
});

describe('bad values', () => {
  it.each([
    // text, place and message, help
    ['edition: slimm', '1:10 edition: must be "slim" or "full"', 'did you mean "slim"?'],
    ['hostname: Bad Host', '1:11 hostname: must use only a–z, 0–9 and "-"', 'for example "bad-host"'],
    ['hostname: my_pi', '1:11 hostname: must use only a–z, 0–9 and "-"', 'for example "my-pi"'],
    ['hostname: -pi', '1:11 hostname: must not begin or end with "-"', 'for example "pi"'],
    ['hostname: pi.local', '1:11 hostname: must be one name without a domain', 'for example "pi"'],
    ['hostname: localhost', '1:11 hostname: must not be "localhost"', 'every machine calls itself that'],
    [`hostname: ${'a'.repeat(64)}`, '1:11 hostname: must have at most 63 characters', 'this has 64'],
    ['hostname: ""', '1:11 hostname: must use only a–z, 0–9 and "-"', 'for example "hearth"'],
    ['image:\n  name: a.img', '2:9 image.name: must have no file ending', 'write "a"'],
    ['image:\n  name: a.img.xz', '2:9 image.name: must have no file ending', 'write "a"'],
    [
      'image:\n  name: ../a',
      '2:9 image.name: must use only a–z, 0–9, ".", "_" and "-", and begin with a letter or digit',
      'for example "a"',
    ],
    [`image:\n  name: ${'a'.repeat(65)}`, '2:9 image.name: must have at most 64 characters', 'this has 65'],
    [
      'image:\n  date: yesterday',
      '2:9 image.date: must be a date',
      'year-month-day, for example "2026-11-23"',
    ],
    ['image:\n  date: 2026-02-30', '2:9 image.date: there is no day 2026-02-30', /year-month-day/],
    ['image:\n  date: 1979-12-31', '2:9 image.date: must be from 1980 to 2107', /FAT/],
    ['image:\n  date: 2108-01-01', '2:9 image.date: must be from 1980 to 2107', /FAT/],
    ['locale: english', '1:9 locale: must be a locale: language, "_", country, ".UTF-8"', /en_GB\.UTF-8/],
    [
      'locale: de_DE',
      '1:9 locale: must be a locale: language, "_", country, ".UTF-8"',
      'did you mean "de_DE.UTF-8"?',
    ],
    [
      'locale: en-gb.utf8',
      '1:9 locale: must be a locale: language, "_", country, ".UTF-8"',
      'did you mean "en_GB.UTF-8"?',
    ],
    ['locale: en_QQ.UTF-8', '1:9 locale: the country "QQ" of this locale is unknown', /en_GB/],
    [
      'artifacts:\n  delivery: {k3s: baken}',
      '2:19 artifacts.delivery.k3s: must be "baked" or "first-boot"',
      'did you mean "baked"?',
    ],
    [
      'artifacts:\n  mirrors: [ftp://archive.example]',
      '2:13 artifacts.mirrors[0]: must be an address that begins with http://, https:// or file://',
      /http/,
    ],
    [
      'timezone: Europe/Lodnon',
      '1:11 timezone: "Europe/Lodnon" is not a time zone of the IANA table',
      'did you mean "Europe/London"?',
    ],
    [
      'timezone: berlin',
      '1:11 timezone: "berlin" is not a time zone of the IANA table',
      'did you mean "Europe/Berlin"?',
    ],
    [
      'timezone: Asia/Calcutta',
      '1:11 timezone: is an old name that Debian 13 no longer has',
      'write "Asia/Kolkata"',
    ],
    ['timezone: "+01:00"', '1:11 timezone: "+01:00" is not a time zone of the IANA table', /for example/],
    [
      'keyboard:\n  layout: uk',
      '2:11 keyboard.layout: "uk" is not a keyboard layout',
      'did you mean "gb" (English (UK))?',
    ],
    ['keyboard:\n  layout: us,xx9', '2:11 keyboard.layout: "xx9" is not a keyboard layout', /./],
    [
      'keyboard:\n  variant: a b',
      '2:12 keyboard.variant: may have only letters, digits, "_" and "-"',
      /nodeadkeys/,
    ],
    [
      'wifi:\n  country: UK',
      '2:12 wifi.country: "UK" is not a country code of ISO 3166',
      'the United Kingdom is "GB"',
    ],
    [
      'wifi:\n  country: de',
      '2:12 wifi.country: "de" is not a country code of ISO 3166',
      'did you mean "DE"?',
    ],
    [
      'wifi:\n  country: Germany',
      '2:12 wifi.country: "Germany" is not a country code of ISO 3166',
      /two capital letters/,
    ],
    [
      'wifi:\n  country: "00"',
      '2:12 wifi.country: "00" is not a country code of ISO 3166',
      /two capital letters/,
    ],
    ['debian:\n  suite: bookworm', '2:10 debian.suite: must be "trixie" for now', undefined],
    [
      'debian:\n  mirror: archive.example',
      '2:11 debian.mirror: must be an address that begins with http:// or https://',
      /http/,
    ],
    [
      'debian:\n  mirror: ftp://archive.example/',
      '2:11 debian.mirror: must be an address that begins with http:// or https://',
      /http/,
    ],
    [
      'debian:\n  mirror: http://me:pw@archive.example/',
      '2:11 debian.mirror: must have no user name or password',
      /readable/,
    ],
    [
      'debian:\n  securityMirror: http://archive.example/?a',
      '2:19 debian.securityMirror: must have no "?" or "#"',
      /http/,
    ],
    ['stages:\n  - ../etc', '2:5 stages[0]: must be the name of a folder in stages/', /20-system/],
    ['stages: []', '1:9 stages: must have at least one entry', undefined],
    ['samba:\n  workgroup: ""', '2:14 samba.workgroup: must have at least one character', undefined],
    [
      'samba:\n  workgroup: ABCDEFGHIJKLMNOP',
      '2:14 samba.workgroup: must have at most 15 characters',
      undefined,
    ],
    ['samba:\n  port: 0', '2:9 samba.port: must be at least 1', undefined],
    ['samba:\n  port: 70000', '2:9 samba.port: must be at most 65535', undefined],
  ])('refuses %j', async (text, expected, help) => {
    const { diagnostics, config } = await load(text);

    expect(diagnostics.map(oneLine)).toEqual([expected]);
    if (help instanceof RegExp) expect(diagnostics[0]?.help).toMatch(help);
    else expect(diagnostics[0]?.help).toBe(help);
    expect(config).toBeUndefined();
  });
});

describe('bad SSH keys', () => {
  it.each([
    ['ssh-ed25519', 'is cut off or damaged: its base64 part is not a key'],
    [ed25519.slice(0, 60), 'is cut off or damaged: its base64 part is not a key'],
    [ed25519.replace('ssh-ed25519', 'ssh-rsa'), 'says ssh-rsa, but holds a key of another type'],
    [`${ed25519.slice(0, 78)}!! x`, 'is cut off or damaged: its base64 part is not a key'],
    ['ssh-dss AAAAB3NzaC1kc3MAAACB', 'is a DSA key, which OpenSSH no longer takes'],
    [rsa1024, 'is an RSA key of 1024 bits; 2048 is the least'],
    ['hello', 'must begin with the type of a public SSH key'],
    ['-----BEGIN OPENSSH PRIVATE KEY-----', 'is a private key, which must never leave its machine'],
    [`${ed25519}\\n${ed25519}`, 'must be one line'],
    ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAAjEy', 'is cut off or damaged: an Ed25519 key has 32 bytes'],
    ['ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB', 'is cut off or damaged: its modulus is missing'],
  ])('refuses %s', async (key, message) => {
    const { diagnostics } = await load(`ssh:\n  authorizedKeys:\n    - "${key}"\n`);

    expect(diagnostics.map(oneLine)).toEqual([`3:7 ssh.authorizedKeys[0]: ${message}`]);
    expect(diagnostics[0]?.help).toBeDefined();
  });
});
