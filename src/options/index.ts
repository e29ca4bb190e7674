/**
 * The options as data, for a command line, a form or a query of your own: what each takes, what it sets, how its text is
 * read, and how messages of the library name it.
 *
 * @module
 */
export { badOption, CamError, codeOf, didYouMean, type ErrorCode } from '../errors.ts';
export { hostName, isLoopback } from './address.ts';
export { classesFor, layerNames } from './choices.ts';
export {
  COMMAND_NAMES,
  type CommandName,
  type Format,
  FORMATS,
  type Given,
  type LibraryChecks,
  type LibraryOption,
  librarySettings,
  type OptionGroup,
  type OptionName,
  type OptionRow,
  OPTIONS,
  optionsOf,
  type Scale,
  type Settings,
} from './options.ts';
export type { InputFile, Reading } from './reading.ts';
export type { Check, Checks } from '../table.ts';
export { inFlags } from './wording.ts';
