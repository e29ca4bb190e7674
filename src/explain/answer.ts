import type { Aim, Asker } from './aim.ts';
import { checkSignal } from './checks.ts';
import { attentionGradient, contrastGradient, inputGradient, layerGradient } from './gradients.ts';
import { scores } from './scores.ts';
import type { Reply, Request } from '../methods/request.ts';
import type { Layer } from '../network/layers.ts';

type Answer<Ask extends Request['ask']> = (
  asker: Asker,
  request: Extract<Request, { ask: Ask }>,
) => Promise<Reply>;

/** How each request is answered. */
const ANSWERS: { readonly [Ask in Request['ask']]: Answer<Ask> } = {
  scores,
  'input-gradient': inputGradient,
  'layer-gradient': layerGradient,
  'contrast-gradient': contrastGradient,
  'attention-gradient': attentionGradient,
};

/** Answers what a method asks of the network: the only place where that costs runs. */
export function answering(
  aim: Aim,
  method: string,
  layer: Layer | undefined,
): (request: Request) => Promise<Reply> {
  return (request) => {
    checkSignal(aim.scene.options.signal);
    const answer = ANSWERS[request.ask] as (asker: Asker, request: Request) => Promise<Reply>;
    return answer({ aim, method, layer }, request);
  };
}
