const api = document.querySelector('meta[name="api"]').content;
const form = document.querySelector('#ask');
const results = document.querySelector('#results');

form?.addEventListener('submit', async (event) => {
  event.preventDefault();
  const question = new FormData(form).get('q') || 'Should we deploy on a Friday?';
  results.replaceChildren(item('Asking …'));
  try {
    const answer = await fetch(`${api}/api/search?q=${encodeURIComponent(question)}`);
    if (!answer.ok) throw new Error(`the API answered ${answer.status}`);
    const { results: found } = await answer.json();
    results.replaceChildren(
      ...(found.length > 0 ? found.map(link) : [item('Nobody has answered that yet.')]),
    );
  } catch (error) {
    results.replaceChildren(item(`No answer: ${error.message}.`));
  }
});

function link({ id, question, answer }) {
  const anchor = Object.assign(document.createElement('a'), {
    href: `/answers/${id}.html`,
    textContent: question,
  });
  const row = item(` ${answer}`);
  row.prepend(anchor);
  return row;
}

function item(text) {
  return Object.assign(document.createElement('li'), { textContent: text });
}
