import { describe, expect, test } from 'vitest';
import { ForceMemories } from '../../../../src/operator/decide/force-memory.ts';
import { resource } from '../../../support/observations.ts';

const asking = (request: string, uid = 'u-1') =>
  resource({ uid, annotations: { 'helm.velotio.com/force-requested-at': request } });

describe('ForceMemories', () => {
  test('know the request that was obeyed, and that another text is a new one', () => {
    const memories = new ForceMemories();
    memories.set('alice/shop', asking('monday'));
    expect(memories.isHandled('alice/shop', asking('monday'))).toBe(true);
    expect(memories.isHandled('alice/shop', asking('tuesday'))).toBe(false);
    expect(memories.get('alice/shop', asking('tuesday'))).toBe('monday');
  });

  test('know nothing of who asked for nothing, of another resource, or of one made anew under the name', () => {
    const memories = new ForceMemories();
    memories.set('alice/shop', resource());
    expect(memories.isHandled('alice/shop', resource())).toBe(false);
    memories.set('alice/shop', asking('monday'));
    expect(memories.isHandled('bob/shop', asking('monday'))).toBe(false);
    expect(memories.isHandled('alice/shop', asking('monday', 'u-2'))).toBe(false);
  });

  test('forget a resource that is gone', () => {
    const memories = new ForceMemories();
    memories.set('alice/shop', asking('monday'));
    memories.forget('alice/shop');
    expect(memories.get('alice/shop', asking('monday'))).toBeUndefined();
  });
});
