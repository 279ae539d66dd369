import { describe, expect, it } from 'vitest';
import { isSpeakable, runsOf } from '../../../src/parts/site/scan/speakable.ts';

const WORDS =
  'amazon background backpack basket beijing berlin blackbox breakfast calendar chapter checkbox checkmark cocktail cupcake delhi desktop diamond dresden dropbox eighth facebook february fifth frankfurt github google hamburg hamburger handbook height hongkong inbox instagram jpeg keyboard klarna koeln length linkedin maestro mastercard medium midnight month moscow mp mumbai munich netflix newsletter osaka paypal pinterest playground podcast prague product pumpkin rhythm shanghai skateboard snapchat strength stripe stuttgart subpage switcher symphony tiktok tokyo toolbox twelfth twitter vacuum vienna visa wallpaper warsaw webpack whatsapp width workflow youtube zurich'.split(
    ' ',
  );

describe('isSpeakable', () => {
  it('takes words and names', () => expect(WORDS.filter((word) => !isSpeakable(word))).toEqual([]));
  it.each(['dtlr', 'qx', 'WRGT', 'zzkv', 'Hxqp', 'bcd'])('does not take %s', (run) =>
    expect(isSpeakable(run)).toBe(false),
  );
  it.each(['svg', 'HTML', 'a', 'X', '2024', 'btn'])('takes %s', (run) => expect(isSpeakable(run)).toBe(true));
});

describe('runsOf', () => {
  it.each([
    ['darkMode', ['dark', 'Mode']],
    ['MacBookA2', ['Mac', 'Book', 'A', '2']],
    ['HTMLForm', ['HTML', 'Form']],
    ['IMG_2041', ['IMG', '2041']],
    ['', []],
  ])('%s', (token, runs) => expect(runsOf(token)).toEqual(runs));
});
