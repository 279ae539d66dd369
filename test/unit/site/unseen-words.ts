/** Words of file names, none of which any rule was tuned on: of English sites, and of others in German, French, Spanish. */
export const PEOPLES_WORDS: readonly string[] = `
abstract account activity address adventure agency album alpine ambient analytics anchor animation annual answer antique
apartment apricot archive armchair arrival article artist aspect athlete attic auction autumn avatar award bakery balance
balcony bamboo banana bandage basket bathroom battery beach bedroom benefit bicycle billing biscuit blanket blizzard bonus
bookshelf botanic boutique bracelet branch breakfast bridge briefing brochure bronze brunch bucket budget buffet builder
bungalow bureau burger business butterfly cabin calendar camera campaign candle canvas captain caravan carbon career carousel
cartoon cashmere castle catalog cathedral cellar ceramic certificate champion chapter charity checkout cherry chimney
chocolate circle citizen classic climate clinic clothing coast coffee collage column comfort comment compact compass concert
contact contract copper coral corner cottage cotton counter courier course cricket crystal cuisine culture curtain customer
cushion cycling dairy dancer dashboard dealer decor default degree delivery deposit desert dessert detail diagram dialog
diamond dinner director discount district doctor donation dragon drawer driver duckling dynamic eagle easter editor effect
elegant elephant emblem employee energy engine envelope equator espresso evening event example exhibit explorer express
fabric factory family fashion feature festival fiction figure filter finance fireplace fitness flamingo flavour flexible
flight floral folder forest formula fortune fountain fragment freedom freight frozen furniture future galaxy garage garlic
gateway general ginger glacier glossary golden gourmet graphic gravity grocery guitar hammock handbook harbour harvest
heading healthy helmet heritage highway history holiday honey horizon hospital hotel household hybrid iceberg identity
imagery import impulse income indigo industry infant insight install interior invoice island jacket jasmine jewel journal
journey jungle junior kayak keyboard kingdom kitten knight label ladder lagoon landing lantern laptop laundry lavender leather
lecture legacy legend lemon lettuce library licence lifestyle lighthouse limited linen liquid lobby location lounge luggage
luxury machine magazine magnet mango mansion marathon marble margin marina market maritime meadow measure medal medical melody
member memory menace mercury meridian message metric midnight migrate mineral minimal mirror modern module monitor monsoon
monument morning mosaic mountain muffin museum mustard natural navigate necklace network nordic notebook nursery oatmeal
observe ocean octagon offer olive onboard opera orange orbital orchard order organic origin outdoor outlet overview oyster
package paddle painting palace panorama paper parade parcel partner pastry patient pattern pavilion payment peanut pebble
pencil penguin people pepper perfume permit picnic pigeon pillow pioneer pixel pizza planet plastic platform playlist plumbing
pocket poetry policy portrait position postcard poster pottery preview pricing privacy product project promo purple puzzle
quality quarter quartz question quiet rabbit raccoon radiator railway rainbow ranking receipt recipe record refund region
relax release remote report request reserve resort response restaurant result reviews ribbon ritual river rocket romance rose
safari safety salad sample sandal sapphire saturday sauna scarf scenery schedule school science scooter season section security
seminar service shadow shampoo shelter shipping shoulder shuttle signature silver sketch sleeping slider smoothie snowflake
society sofa software solar sourdough special spider spring stadium station statue sticker stone storage story strategy studio
subscribe suite sunday sunset support surface survey swimming symbol system tablecloth talent tangerine target tavern taxi
teacher technology temple template terrace testimonial texture theatre thermal ticket timeline toddler tomato toolbar topic
tourism tractor traffic trailer training travel treasure triangle tribute tropical trousers tulip tunnel turquoise tutorial
umbrella uniform unique universe update upgrade urban utility vacation valley vanilla vector vegan velvet venture veranda
verify version vessel victory village vintage violet virtual visitor vitamin volcano voucher waffle waiter wallet wardrobe
warranty watercolor waterfall wedding weekend welcome wellness whisper willow window winter wisdom wizard wooden workshop
worldwide yellow yoga yogurt zebra zigzag
anfahrt angebot ansicht apfel arbeit ausflug auswahl bahnhof beispiel beruf besuch bild blume brauerei brief brot buch
datenschutz drucker erfolg fahrrad familie farbe ferien flughafen frau freizeit fruehling gaestehaus gebirge geschenk
gesundheit grafik grundriss gutschein hafen handwerk herbst himmel hinweis impressum jahreszeit kaffee karriere kinder kirche
kontakt kueche kunde kunst landschaft leistung lieferung markt messe mitarbeiter nachricht oeffnungszeiten preisliste
rechnung reise rezept sammlung schloss schmuck schule seite speisekarte startseite strand strasse tisch uebersicht
unternehmen urlaub veranstaltung vorlage wandern weihnachten werkstatt wetter wohnung zeitung zimmer
accueil affiche agenda amitie atelier avion boisson bouquet boulangerie cadeau campagne carte chambre chateau chaussure
commande couleur cuisine demande ecole enfant entreprise equipe etoile facture fenetre fleur fromage galerie horaire hotel
jardin jeunesse journee lecture librairie livraison maison mariage montagne musee nouvelle offre panier partenaire paysage
plage poisson printemps produit promenade quartier rendezvous salon semaine soleil sourire theatre vacances vendange ville
voiture voyage
abrigo aceite aeropuerto alegria almuerzo amigo arena atardecer ayuntamiento barrio biblioteca bodega bosque calle camino
carrito cerveza ciudad cocina colegio comida contacto cuenta descuento edificio empresa entrada escuela estrella fiesta flor
fuente girasol hermano hogar iglesia invierno jardin juego lavado libro lluvia madera mapa mariposa mercado mesa mochila
montana mujer naranja navidad negocio noticia oferta palabra pedido pelicula playa plaza pregunta pueblo puerta queso regalo
reserva sabor silla sombrero tarjeta tienda trabajo vecino ventana verano viaje zapato
`
  .trim()
  .split(/\s+/);
