import { embed } from './embed.js';

/** Answers ranked by how near they are in meaning to the question, best first; what has nothing in common is left out. */
export function memoryIndex(answers) {
  const rows = answers.map((answer) => ({ answer, vector: embed(`${answer.question} ${answer.answer}`) }));
  return {
    kind: 'memory',
    async search(question, limit) {
      const wanted = embed(question);
      return rows
        .map(({ answer, vector }) => ({ ...answer, score: dot(wanted, vector) }))
        .filter(({ score }) => score > 0.05)
        .sort((a, b) => b.score - a.score)
        .slice(0, limit);
    },
  };
}

function dot(a, b) {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}
