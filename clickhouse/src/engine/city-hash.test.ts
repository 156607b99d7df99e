import { expect, test } from 'vitest';
import { cityHash128 } from './city-hash.ts';

// Of bytes i * 7 + 3; made by another implementation, the one that clickhouse-go verifies by
// (github.com/go-faster/city v1.0.1).
test.for([
  [8, 'b6ad7c9a5953432f', '9f0e02109921888c'],
  [9, '5601ccf1e058519a', 'f8512fca28333fef'],
  [12, '3924a15134c4740e', 'f1894ae12eacd212'],
  [15, '5a8299d8ab8f2f47', '8ea0a478a90d3277'],
  [16, '21e79cab7f9c2b79', 'a35615c235313f7a'],
  [19, 'b93b0b05ff9140ff', '51a39b5419985813'],
  [23, '5c413c7be3d44259', '7683f8561bb1df73'],
  [27, '598a4e6abb3da3b6', 'e014d948c5412fef'],
  [33, '094bbf1d5b6ddb61', '10572bd58efa7aaf'],
  [64, 'd412d58ec1432aef', '5754630cbbd83214'],
  [143, '201689145f2ebee2', 'df56bd91c3fb4dd0'],
  [144, 'd639167b9b85767d', '07a10bf4573107c6'],
  [145, 'de654d669366fc2a', 'd2f68f547b37d6f5'],
  [200, '6bfc6588f8397554', 'e3706db480814454'],
  [272, 'efd5ff73250bf76d', 'edec81d742e3b161'],
  [300, 'd6306a0c4528ae11', '37c2e51cab2517ef'],
  [1000, '984b538c7b372373', 'f6e6cbc56b688720'],
] as const)('%d bytes', ([length, low, high]) => {
  const hash = cityHash128(Buffer.from(Array.from({ length }, (_, i) => i * 7 + 3)));
  expect([hash.low, hash.high].map((half) => half.toString(16).padStart(16, '0'))).toEqual([
    ...[low, high],
  ]);
});
