
// A hundred requests to the app above, of which six fail.
app.get('/api/projects', (req, res) => {
  res.status(Number(req.query['status'])).send('done');
});
const server = app.listen(0, async () => {
  const { port } = server.address() as { port: number };
  for (let number = 0; number < 100; number += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/projects?status=${number < 6 ? 500 : 200}`);
    await answer.text();
  }
  server.close();
});
