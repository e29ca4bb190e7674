import { suite } from 'uvu';
import { cacheFolderFor } from '../../src/platform/cache-folder.ts';
import * as assert from '../helpers/assert.ts';

const test = suite('the cache folder');

const CASES: [platform: string, home: string, variables: Record<string, string>, folder: string][] = [
  ['linux', '/home/me', {}, '/home/me/.cache/camwasm'],
  ['linux', '/home/me', { XDG_CACHE_HOME: '/fast' }, '/fast/camwasm'],
  ['linux', '/home/me', { XDG_CACHE_HOME: 'relative' }, '/home/me/.cache/camwasm'],
  ['linux', '/home/me', { XDG_CACHE_HOME: '/fast', CAMWASM_CACHE: '/own' }, '/own'],
  ['darwin', '/Users/me', {}, '/Users/me/Library/Caches/camwasm'],
  ['win32', 'C:\\Users\\me', { LOCALAPPDATA: 'D:\\Local' }, 'D:\\Local\\camwasm\\Cache'],
  ['win32', 'C:\\Users\\me', {}, 'C:\\Users\\me\\AppData\\Local\\camwasm\\Cache'],
];
for (const [platform, home, variables, folder] of CASES) {
  test(`${platform} ${JSON.stringify(variables)}`, () =>
    assert.is(cacheFolderFor({ platform, home, variable: (name) => variables[name] }), folder));
}

test.run();
