import { CamError } from '../errors.ts';
import type { ColorChannels } from '../image/channels.ts';
import type { Settings } from '../options/options.ts';

/** The two things that --channels can say. */
export interface Channels {
  /** Order of the colours in the model's input. */
  readonly colors: ColorChannels | undefined;
  /** How many channels of a layer are gone through. */
  readonly count: number | undefined;
}

/** @throws CamError BAD_OPTION where one of them is said twice. */
export function channelsOf({ channels = [] }: Partial<Pick<Settings, 'channels'>>): Channels {
  const colors = channels.filter((said) => typeof said === 'string');
  const counts = channels.filter((said) => typeof said === 'number');
  if (colors.length > 1 || counts.length > 1) {
    throw new CamError(
      'BAD_OPTION',
      `--channels takes one order of colours and one number, not ${channels.join(' and ')}.`,
    );
  }
  return { colors: colors[0], count: counts[0] };
}
