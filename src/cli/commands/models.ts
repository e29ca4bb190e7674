import { type ListedModel, SCHEMA } from '../../index.ts';
import { badOption, CamError, didYouMean } from '../../options/index.ts';
import { DONE } from '../exit.ts';
import type { Library } from '../library.ts';
import { downloadOptionsOf } from '../model-argument.ts';
import { megabytes } from '../progress.ts';
import { columnsOf } from '../table.ts';
import { type Terminal, terminal } from '../terminal.ts';
import type { CommandContext } from './command.ts';

type Action = (name: string, context: ActionContext) => Promise<string>;

interface ActionContext extends CommandContext {
  readonly out: Terminal;
  readonly models: Library;
}

/** What can be done with one model; each returns a line to print. */
const ACTIONS: Readonly<Record<string, Action>> = {
  async pull(name, { settings, io, out, models }) {
    const found = await models.download(name, downloadOptionsOf(settings, io, out));
    return settings.json ? schemaJson(found) : `${found.name}: ${found.path ?? found.destination}`;
  },
  async rm(name, { settings, models }) {
    const bytes = await models.remove(name, {});
    if (settings.json) return schemaJson({ name, removed: bytes });
    return bytes > 0 ? `${name}: ${megabytes(bytes)} removed` : `${name}: was not here`;
  },
  async path(name, { settings, models }) {
    // What is here is known without the network.
    const found = await models.find(name, { offline: true });
    if (!found.here || found.path === undefined)
      throw new CamError('NOT_DOWNLOADED', `${name} is not here. Run \`camwasm models pull ${name}\`.`);
    return settings.json ? schemaJson(found) : found.path;
  },
};

const schemaJson = (value: object): string => JSON.stringify({ schema: SCHEMA, ...value });

/** `camwasm models`: lists, downloads and removes models. */
export async function runModels(context: CommandContext): Promise<number> {
  const { operands, settings, io } = context;
  const [verb, name, ...more] = operands;
  const known = Object.keys(ACTIONS);
  const action = Object.entries(ACTIONS).find(([name]) => name === verb)?.[1];
  if (verb !== undefined && !action)
    throw badOption(
      undefined,
      `camwasm models takes ${known.join(', ')}, or nothing, not "${verb}".${didYouMean(verb, known)}`,
    );
  if (verb !== undefined && (name === undefined || more.length > 0))
    throw badOption(
      undefined,
      `camwasm models ${verb} takes the name of one model. \`camwasm models\` lists them.`,
    );
  const out = terminal(io, settings);
  const models = await context.library();
  if (action) {
    try {
      await out.result(`${await action(name, { ...context, out, models })}\n`);
    } finally {
      await out.progress.clear();
    }
    return DONE;
  }
  const listed = await models.list({});
  await out.result(
    settings.json ? `${schemaJson({ models: listed.map(rowJson) })}\n` : modelsPage(listed, out.style),
  );
  return DONE;
}

function rowJson({ known, classes, kind, ...row }: ListedModel): object {
  const { task, accuracy, license, repository, sha256, preset } = known ?? {};
  return {
    ...row,
    path: row.path ?? null,
    bytes: row.bytes ?? null,
    origin: row.origin ?? null,
    kind,
    task: task ?? null,
    classes: classes ?? null,
    accuracy: accuracy ?? null,
    license: license ?? null,
    repository: repository ?? null,
    sha256: sha256 ?? null,
    preset: preset ?? null,
  };
}

const WHERE: Readonly<Record<ListedModel['kind'], string>> = {
  builtin: 'built in',
  known: 'here',
  other: 'here',
};

function modelsPage(listed: readonly ListedModel[], style: Terminal['style']): string {
  const heads = ['name', 'task', 'classes', 'size', 'accuracy', 'license', ''];
  const rows = listed.map(({ name, known, classes, bytes, here, kind }) => [
    name,
    known?.task ?? (kind === 'builtin' ? 'classification' : ''),
    String(classes ?? ''),
    bytes === undefined ? '' : megabytes(bytes),
    known?.accuracy === undefined ? '' : `${known.accuracy.toFixed(1)} %`,
    known?.license ?? '',
    here ? WHERE[kind] : '',
  ]);
  const [head, ...lines] = columnsOf([heads, ...rows]).split('\n');
  return [style('bold', head), ...lines].join('\n');
}
