import preact from '@preact/preset-vite';
import metadata from 'libphonenumber-js/min/metadata';
import { defineConfig, type Plugin } from 'vite';

/** What `vite build` makes: `dist/ui/<name>.html`, each from one page. */
const pages = { inbox: 'src/inbox/ui/inbox.html', demo: 'src/demo/ui/demo.html' };

/** Countries of each calling code, its main one first: the one thing that the demo page needs of libphonenumber's 80 kB. */
const callingCodes = Object.fromEntries(
  Object.entries(metadata.country_calling_codes as Record<string, string[]>)
    .map(([code, countries]) => [code, countries.filter((country) => /^[A-Z]{2}$/.test(country))] as const)
    .filter(([, countries]) => countries.length > 0),
);

export default defineConfig({
  appType: 'mpa',
  plugins: [preact(), oneFilePerPage()],
  define: { __CALLING_CODES__: JSON.stringify(callingCodes) },
  // One environment per page, so that no page's script is split into parts that it shares with another.
  environments: Object.fromEntries(
    Object.entries(pages).map(([name, input]) => [
      name,
      {
        consumer: 'client',
        build: { outDir: 'dist/ui', emptyOutDir: false, modulePreload: false, rolldownOptions: { input } },
      },
    ]),
  ),
  builder: {
    async buildApp(builder) {
      for (const name of Object.keys(pages)) await builder.build(builder.environments[name]!);
    },
  },
});

/** Makes each page one file that loads nothing: script and style stand in the HTML, where a content security policy can name them by hash. */
function oneFilePerPage(): Plugin {
  return {
    name: 'one-file-per-page',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const contentOf = (path: string): string => {
        const [fileName, file] = Object.entries(bundle).find(([name]) => path.endsWith(`/${name}`)) ?? [];
        if (fileName === undefined || file === undefined)
          throw new Error(`The page asks for ${path}, which is not built.`);
        delete bundle[fileName];
        return file.type === 'chunk' ? file.code : String(file.source);
      };
      const page = Object.values(bundle).find(({ fileName }) => fileName.endsWith('.html'));
      if (page?.type !== 'asset') throw new Error('There is no page to inline into.');
      const html = String(page.source)
        .replace(/<script type="module"[^>]* src="([^"]+)"><\/script>/g, (_tag, path: string) => {
          const script = contentOf(path).trim().replaceAll('</script', '<\\/script');
          return `<script type="module">${script}</script>`;
        })
        .replace(/<link rel="stylesheet"[^>]* href="([^"]+)">/g, (_tag, path: string) => {
          return `<style>${contentOf(path).trim()}</style>`;
        });
      delete bundle[page.fileName];
      const left = Object.keys(bundle);
      if (left.length > 0) throw new Error(`These files are not part of the page: ${left.join(', ')}`);
      this.emitFile({ type: 'asset', fileName: page.fileName.replace(/^.*\//, ''), source: html });
    },
  };
}
