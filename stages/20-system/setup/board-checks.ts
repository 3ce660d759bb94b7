import type { DoctorCheck } from '../../90-first-boot/agent/setup/define.ts';
import { listFolder } from './wifi-topic.ts';

/** Boards slow down at 80 degrees and stop at 85. */
const hotCelsius = 78;

/** There is memory left. */
export const memoryCheck: DoctorCheck = {
  id: 'system.memory',
  title: { en: 'Memory', de: 'Arbeitsspeicher' },
  run: async (device) => {
    const info = device.read('/proc/meminfo') ?? '';
    const kibibytes = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(info)?.[1] ?? 0);
    const [, kills] = /^oom_kill (\d+)$/m.exec(device.read('/proc/vmstat') ?? '') ?? [];
    const isFull = kibibytes('MemAvailable') < kibibytes('MemTotal') * 0.05;
    const todo = {
      en: 'Switch off services that you do not need, or use a board with more memory.',
      de: 'Schalten Sie Dienste ab, die Sie nicht brauchen, oder nehmen Sie eine Platine mit mehr Speicher.',
    };
    if (Number(kills ?? 0) > 0)
      return {
        state: 'warning',
        meaning: {
          en: 'Memory ran out since the start: a program had to be ended.',
          de: 'Seit dem Start ging der Speicher aus: Ein Programm musste beendet werden.',
        },
        todo,
      };
    if (isFull)
      return {
        state: 'warning',
        meaning: { en: 'Nearly all memory is in use.', de: 'Fast der ganze Speicher ist belegt.' },
        todo,
      };
    if (kibibytes('SwapTotal') === 0)
      return {
        state: 'warning',
        meaning: {
          en: 'The compressed swap memory is off.',
          de: 'Der komprimierte Auslagerungsspeicher ist aus.',
        },
        todo: { en: 'Restart the device.', de: 'Starten Sie das Gerät neu.' },
      };
    return { state: 'good', meaning: { en: 'Enough memory is free.', de: 'Es ist genug Speicher frei.' } };
  },
};

/** The board gets enough power and does not run hot. Boards that do not tell are taken for good. */
export const powerCheck: DoctorCheck = {
  id: 'system.power',
  title: { en: 'Power and temperature', de: 'Strom und Temperatur' },
  run: async (device) => {
    const sensors = listFolder(device, '/sys/class/hwmon').map((name) => `/sys/class/hwmon/${name}`);
    const isLow = sensors.some(
      (sensor) =>
        device.read(`${sensor}/name`)?.trim() === 'rpi_volt' &&
        device.read(`${sensor}/in0_lcrit_alarm`)?.trim() === '1',
    );
    if (isLow)
      return {
        state: 'bad',
        meaning: { en: 'The board gets too little power.', de: 'Die Platine bekommt zu wenig Strom.' },
        todo: {
          en: 'Use the power supply that belongs to the board. Files can be damaged like this.',
          de: 'Nehmen Sie das Netzteil, das zur Platine gehört. So können Dateien beschädigt werden.',
        },
      };
    const celsius = Math.round(Number(device.read('/sys/class/thermal/thermal_zone0/temp') ?? 0) / 1000);
    if (celsius >= hotCelsius)
      return {
        state: 'warning',
        meaning: {
          en: `The board is hot: ${celsius} °C. It works slower.`,
          de: `Die Platine ist heiß: ${celsius} °C. Sie arbeitet langsamer.`,
        },
        todo: {
          en: 'Give it air or a fan.',
          de: 'Sorgen Sie für Luft oder einen Lüfter.',
        },
      };
    return {
      state: 'good',
      meaning:
        celsius > 0
          ? { en: `Enough power, ${celsius} °C.`, de: `Genug Strom, ${celsius} °C.` }
          : { en: 'Nothing is wrong with them.', de: 'Damit ist alles in Ordnung.' },
    };
  },
};
