/**
 * The numbers that regulators keep free for films, books and examples: nobody has one, and nobody will. National numbers by calling code, `x` for any digit. Mobiles and numbers
 * of places only: no text goes to freephone and premium-rate numbers anyway. A country that is not here keeps none, or none that could be confirmed.
 */
const fictionalRanges: Readonly<Record<string, readonly string[]>> = {
  // North America: 555-0100 to 555-0199 (ATIS-0300115, 555 NXX Assignment Guidelines), in area codes of places: of 800, 900, 5xx and the like few or none are kept.
  1: ['(?![5-9]00|52[1-9]|[568](?:22|33|44|66|77|88)|655|855|710)[2-9]xx55501xx'],
  // Ireland: ComReg 15/136, Numbering Conditions of Use and Application Process ("drama use").
  353: ['2091xxxxx'],
  // France: Arcep, plan national de numérotation (décision 2018-0881), numéros pour les œuvres audiovisuelles.
  33: ['63998xxxx', '19900xxxx', '26191xxxx', '35301xxxx', '46571xxxx', '53649xxxx'],
  // United Kingdom: Ofcom, Telephone numbers for use in TV and radio drama programmes.
  44: [
    '7700900xxx',
    '2079460xxx',
    // The area that is nowhere.
    '1632960xxx',
    // Leeds to Reading, Birmingham to Manchester, Tyneside, Northern Ireland, Cardiff.
    '11[3-8]4960xxx',
    '1[2-6]14960xxx',
    '1914980xxx',
    '2896496xxx',
    '2920180xxx',
  ],
  // Sweden: PTS, telefonnummer för användning i böcker och filmer.
  46: ['701740(?:60[5-9]|6[1-9]x)', '3139006xx', '4062804xx', '8465004xx', '9803192xx'],
  // Germany: Bundesnetzagentur, Mitteilung 148/2021, Rufnummern für Medienproduktionen ("Drama Numbers").
  49: [
    '152(?:28817386|28895456|54599371)',
    '17139200xx',
    '172(?:9925904|9968532|9973185|9973186|9980752)',
    '174(?:9091317|9464308)',
    '176040690xx',
    '3023125xxx',
    '6990009xxx',
    '4066969xxx',
    '2214710xxx',
    '8999998xxx',
  ],
  // Australia: ACMA, phone numbers for use in TV shows, films and creative works. Of mobiles thirty, one by one.
  61: [
    '491570(?:006|110|156|157|158|159|313|737)',
    '49157(?:1266|1491|1804|2549|2665|2983|3087|3770|4118|4632|5254)',
    '49157(?:5789|6398|6801|7426|7644|8148|8888|8957|9212|9455|9760)',
    '[2378]5550xxxx',
    '[2378]7010xxxx',
  ],
};

const patterns = Object.entries(fictionalRanges).flatMap(([callingCode, ranges]) =>
  ranges.map((range) => new RegExp(`^\\+${callingCode}${range.replaceAll('x', '\\d')}$`)),
);

/** Whether nobody can have this number (E.164), because its country keeps it free for fiction. */
export function isFictional(e164: string): boolean {
  return patterns.some((pattern) => pattern.test(e164));
}
