import af from './locales/af.json' with { type: 'json' };
import ar from './locales/ar.json' with { type: 'json' };
import bg from './locales/bg.json' with { type: 'json' };
import bn from './locales/bn.json' with { type: 'json' };
import ca from './locales/ca.json' with { type: 'json' };
import cs from './locales/cs.json' with { type: 'json' };
import da from './locales/da.json' with { type: 'json' };
import de from './locales/de.json' with { type: 'json' };
import el from './locales/el.json' with { type: 'json' };
import en from './locales/en.json' with { type: 'json' };
import es from './locales/es.json' with { type: 'json' };
import et from './locales/et.json' with { type: 'json' };
import fa from './locales/fa.json' with { type: 'json' };
import fi from './locales/fi.json' with { type: 'json' };
import fil from './locales/fil.json' with { type: 'json' };
import fr from './locales/fr.json' with { type: 'json' };
import he from './locales/he.json' with { type: 'json' };
import hi from './locales/hi.json' with { type: 'json' };
import hr from './locales/hr.json' with { type: 'json' };
import hu from './locales/hu.json' with { type: 'json' };
import id from './locales/id.json' with { type: 'json' };
import it from './locales/it.json' with { type: 'json' };
import ja from './locales/ja.json' with { type: 'json' };
import ka from './locales/ka.json' with { type: 'json' };
import kk from './locales/kk.json' with { type: 'json' };
import ko from './locales/ko.json' with { type: 'json' };
import lt from './locales/lt.json' with { type: 'json' };
import lv from './locales/lv.json' with { type: 'json' };
import ms from './locales/ms.json' with { type: 'json' };
import nb from './locales/nb.json' with { type: 'json' };
import nl from './locales/nl.json' with { type: 'json' };
import pl from './locales/pl.json' with { type: 'json' };
import pt from './locales/pt.json' with { type: 'json' };
import ptBR from './locales/pt-BR.json' with { type: 'json' };
import ro from './locales/ro.json' with { type: 'json' };
import ru from './locales/ru.json' with { type: 'json' };
import sk from './locales/sk.json' with { type: 'json' };
import sl from './locales/sl.json' with { type: 'json' };
import sr from './locales/sr.json' with { type: 'json' };
import sv from './locales/sv.json' with { type: 'json' };
import sw from './locales/sw.json' with { type: 'json' };
import ta from './locales/ta.json' with { type: 'json' };
import th from './locales/th.json' with { type: 'json' };
import tr from './locales/tr.json' with { type: 'json' };
import uk from './locales/uk.json' with { type: 'json' };
import ur from './locales/ur.json' with { type: 'json' };
import vi from './locales/vi.json' with { type: 'json' };
import zhCN from './locales/zh-CN.json' with { type: 'json' };
import zhHK from './locales/zh-HK.json' with { type: 'json' };
import zhTW from './locales/zh-TW.json' with { type: 'json' };

/** What is said to people in one language. `{code}`, `{brand}` and `{number}` stand for what is filled in. */
export interface LocaleTexts {
  /** As people of the language write. */
  readonly standard: string;
  /** The same in letters of the SMS alphabet (GSM-7), of which 160 fit into one SMS in place of 70. Null where `standard` is, or the language has other letters. */
  readonly plain: string | null;
  /** Short, and in the SMS alphabet where the language can be written in it. */
  readonly compact: string;
  /** `compact` without the warning. */
  readonly bare: string;
  /** Stands in place of the brand where none is configured. */
  readonly unbranded: string;
  /** The same for all but `standard`; null: no other. */
  readonly unbranded_plain: string | null;
  /** To be shown where the code is typed. */
  readonly notice: string;
  /** The same for a test number. */
  readonly test_notice: string;
  /** Whether someone has read it whose language it is. */
  readonly reviewed: boolean;
}

/** Every language there are texts in, by its tag (BCP 47). */
export const localeTexts: ReadonlyMap<string, LocaleTexts> = new Map<string, LocaleTexts>(
  Object.entries({
    af,
    ar,
    bg,
    bn,
    ca,
    cs,
    da,
    de,
    el,
    en,
    es,
    et,
    fa,
    fi,
    fil,
    fr,
    he,
    hi,
    hr,
    hu,
    id,
    it,
    ja,
    ka,
    kk,
    ko,
    lt,
    lv,
    ms,
    nb,
    nl,
    pl,
    pt,
    'pt-BR': ptBR,
    ro,
    ru,
    sk,
    sl,
    sr,
    sv,
    sw,
    ta,
    th,
    tr,
    uk,
    ur,
    vi,
    'zh-CN': zhCN,
    'zh-HK': zhHK,
    'zh-TW': zhTW,
  }),
);
