import * as real from 'onnxruntime-web';
import type { OrtModule } from '../../src/runtime/ort.ts';

/** onnxruntime-web, which counts its sessions. */
export function countedSessions(): { ort: OrtModule; open: () => number; made: () => number } {
  let [made, released] = [0, 0];
  const create = async (bytes: Uint8Array, options: real.InferenceSession.SessionOptions) => {
    const session = await real.InferenceSession.create(bytes, options);
    made++;
    const release = session.release.bind(session);
    session.release = () => {
      released++;
      return release();
    };
    return session;
  };
  const ort = { ...real, InferenceSession: { create } } as unknown as OrtModule;
  return { ort, open: () => made - released, made: () => made };
}
