import { CamError } from '../errors.ts';
import { environmentVariable } from '../platform/environment.ts';

/** How models are downloaded; each setting falls back on the environment in Node, Deno and Bun. */
export interface DownloadOptions {
  /** Never use the network. Default: HF_HUB_OFFLINE. */
  offline?: boolean;
  /** Folder for downloaded models. Default: CAMWASM_CACHE, or `camwasm` in the platform's cache folder. */
  cacheFolder?: string;
  /** Address of the Hugging Face Hub or a mirror. Default: HF_ENDPOINT, or https://huggingface.co. */
  hubEndpoint?: string | URL;
  /** Token for private repositories, sent to the hub alone. Default: HF_TOKEN. */
  hubToken?: string;
  /** Ends a download; what has arrived is kept, and the next one continues. */
  signal?: AbortSignal;
  onDownload?: (progress: DownloadProgress) => void;
}

/** Progress of a download, over all files of a model. */
export interface DownloadProgress {
  readonly model: string;
  /** Bytes that have arrived, those of earlier attempts included. */
  readonly done: number;
  /** Undefined if the server does not tell. */
  readonly total: number | undefined;
}

/** Whether the network may not be used. */
export const isOffline = ({ offline }: DownloadOptions): boolean =>
  offline ?? /^(1|on|yes|true)$/i.test(environmentVariable('HF_HUB_OFFLINE') ?? '');

/** The hub, with its token. */
export interface Hub {
  readonly endpoint: URL;
  readonly token: string | undefined;
}

/** @throws {CamError} BAD_OPTION when the address of the hub is malformed. */
export function hubOf({ hubEndpoint, hubToken }: DownloadOptions): Hub {
  const address = String(hubEndpoint ?? environmentVariable('HF_ENDPOINT') ?? 'https://huggingface.co');
  if (!URL.canParse(address) || !/^https?:/i.test(address)) {
    throw new CamError(
      'BAD_OPTION',
      `"${address}" is not the address of a hub. Correct HF_ENDPOINT or \`hubEndpoint\`.`,
      { option: 'hubEndpoint' },
    );
  }
  return {
    endpoint: new URL(address.replace(/\/*$/, '/')),
    token: hubToken ?? environmentVariable('HF_TOKEN'),
  };
}
