import type { Texts } from './texts.ts';

export const english: Texts = {
  language: 'en',
  overall: {
    running: 'Everything is running.',
    starting: 'Starting. This takes a moment.',
    off: 'Ready.',
    failed: (count) => (count === 1 ? 'One service has a problem.' : `${count} services have problems.`),
    unknown: 'The state of the services is not known right now.',
  },
  services: 'Services',
  noServices: 'No services in this image.',
  refresh: 'Refresh',
  states: {
    running: 'Running',
    starting: 'Starting',
    off: 'Off',
    failed: 'Problem',
    unknown: 'Unknown',
  },
  addresses: 'Addresses',
  addressHint: 'If the name does not open, for example on an older phone, use a number.',
  noAddress: 'Not connected to a network.',
  byName: 'Name',
  media: { cable: 'Cable', wifi: 'Wi-Fi', other: 'Network' },
  moreAddresses: 'IPv6 addresses',
  setupCode: 'Setup code',
  setupCodeWhere: [
    'on a screen at the HDMI port',
    'in the file SETUP-CODE.txt on the memory card, when you open the card on a computer',
  ],
  setupCodeHint:
    'It proves that the device is yours, so it is never on this page. This page only shows; it changes nothing. You find your code:',
  image: (name, date) => `image “${name}” of ${date}`,
  problems: {
    badRequest: {
      title: 'Not understood',
      text: 'The browser sent something that this device does not understand.',
    },
    notFound: { title: 'Not here', text: 'There is no page at this address.' },
    wrongMethod: { title: 'Not possible', text: 'Pages can only be read here.' },
    wrongHost: {
      title: 'Wrong address',
      text: 'This device does not answer to this name. Use its name that ends in .local, or its IP address.',
    },
    internal: {
      title: 'Something went wrong',
      text: 'The page could not be made. Please try again in a moment.',
    },
  },
  toPage: 'To the start page',
};
