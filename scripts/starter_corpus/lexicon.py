"""The everyday vocabulary of the starter corpus: nouns by kind, adjectives, verbs with their objects, names.

Entries are written ``english french``; ``_`` stands for a space inside an entry and ``/`` introduces a form
that the regular rules would not give (a plural, a comparative, a feminine).
"""

from __future__ import annotations

from dataclasses import dataclass

from . import english as en
from . import french as fr
from .fragment import words


@dataclass(frozen=True)
class Noun:
    """A noun with its plurals, its French gender and what kind of thing it names."""

    english: str
    english_plural: str
    french: str
    french_plural: str
    feminine: bool
    kind: str


@dataclass(frozen=True)
class Adjective:
    """An adjective with its English degrees and its four French forms."""

    english: str
    comparative: str
    forms: tuple[str, str, str, str]
    before_noun: bool

    def french(self, feminine: bool, plural: bool) -> str:
        """The form that agrees with a noun."""
        return self.forms[2 * feminine + plural]


@dataclass(frozen=True)
class Verb:
    """A verb of both languages; objects names the kinds of noun it takes."""

    english: str
    french: str
    reflexive: bool = False
    objects: tuple[str, ...] = ()


def _noun(entry: str, kind: str) -> Noun:
    english, french, gender = (part.replace("_", " ") for part in entry.split())
    singular, _, plural = english.partition("/")
    french_singular, _, french_plural = french.partition("/")
    return Noun(
        singular,
        plural or en.plural(singular),
        french_singular,
        french_plural or fr.plural(french_singular),
        gender == "f",
        kind,
    )


def _nouns(kind: str, entries: str) -> tuple[Noun, ...]:
    return tuple(_noun(entry.strip(), kind) for entry in entries.split(","))


NOUNS: dict[str, tuple[Noun, ...]] = {}
for _kind, _entries in {
    "fruit": """apple pomme f, cherry cerise f, banana banane f, orange orange f, strawberry fraise f,
        pear poire f, lemon citron m, carrot carotte f, tomato/tomatoes tomate f, peach pêche f,
        potato/potatoes pomme_de_terre/pommes_de_terre f, mushroom champignon m, bean haricot m, onion oignon m,
        egg œuf m, cake gâteau m, biscuit biscuit m, sandwich sandwich m, vegetable légume m, olive olive f,
        apricot abricot m, melon melon m, pancake crêpe f, nut noix f, plum prune f, raspberry framboise f,
        pineapple ananas m""",
    "food": """bread pain m, cheese fromage m, butter beurre m, rice riz m, meat viande f, fish poisson m,
        chicken poulet m, soup soupe f, salad salade f, jam confiture f, honey miel m, chocolate chocolat m,
        ham jambon m, ice_cream glace f, sugar sucre m, salt sel m, garlic ail m""",
    "drink": """water eau f, milk lait m, coffee café m, tea thé m, wine vin m, beer bière f,
        lemonade limonade f, orange_juice jus_d'_orange m, hot_chocolate chocolat_chaud m""",
    "clothes": """shirt chemise f, dress robe f, hat chapeau m, coat manteau m, jacket veste f, skirt jupe f,
        sweater pull m, scarf/scarves écharpe f, tie cravate f, cap casquette f, belt ceinture f,
        raincoat imperméable m, T-shirt tee-shirt m""",
    "pairs": "shoe chaussure f, sock chaussette f, boot botte f, glove gant m, sandal sandale f",
    "reading": """book livre m, letter lettre f, newspaper journal m, magazine magazine m, novel roman m,
        poem poème m, story histoire f, dictionary dictionnaire m""",
    "object": """pen stylo m, pencil crayon m, key clé f, phone téléphone m, computer ordinateur m,
        chair chaise f, lamp lampe f, mirror miroir m, watch montre f, clock horloge f, box boîte f,
        bottle bouteille f, glass verre m, cup tasse f, plate assiette f, knife/knives couteau m,
        spoon cuillère f, fork fourchette f, bicycle vélo m, ball ballon m, toy jouet m, doll poupée f,
        guitar guitare f, ticket billet m, map carte f, gift cadeau m, flower fleur f, ring bague f,
        candle bougie f, suitcase valise f, wallet portefeuille m, notebook cahier m, bag sac m,
        umbrella parapluie m, picture photo f, photo photo f, painting tableau m, stamp timbre m,
        kite cerf-volant/cerfs-volants m""",
    "furniture": """table table f, bed lit m, sofa canapé m, desk bureau m, shelf/shelves étagère f,
        wardrobe armoire f, fridge réfrigérateur m""",
    "opening": "door porte f, window fenêtre f, drawer tiroir m, gate portail/portails m",
    "vehicle": """car voiture f, bus bus m, train train m, boat bateau m, truck camion m, plane avion m,
        motorbike moto f, tractor tracteur m""",
    "animal": """dog chien m, cat chat m, horse cheval m, bird oiseau m, cow vache f, pig cochon m,
        lamb agneau m, rabbit lapin m, mouse/mice souris f, duck canard m, hen poule f, goat chèvre f,
        fox renard m, bear ours m, lion lion m, tiger tigre m, elephant éléphant m, monkey singe m,
        wolf/wolves loup m, hamster hamster m, frog grenouille f, butterfly papillon m, turtle tortue f,
        snake serpent m, goose/geese oie f, giraffe girafe f, donkey âne m, owl hibou/hiboux m""",
    "person": """man/men homme m, woman/women femme f, boy garçon m, girl fille f, child/children enfant m,
        baby bébé m, neighbour voisin m, teacher professeur m, student étudiant m, doctor médecin m,
        nurse infirmière f, baker boulanger m, butcher boucher m, farmer fermier m, singer chanteur m,
        actor acteur m, actress actrice f, king roi m, queen reine f, prince prince m, princess princesse f,
        lawyer avocat m, engineer ingénieur m, writer écrivain m, waiter serveur m, waitress serveuse f,
        policeman/policemen policier m, fireman/firemen pompier m, soldier soldat m, hero/heroes héros m,
        tourist touriste m, journalist journaliste m, musician musicien m, cook cuisinier m,
        mechanic mécanicien m, artist artiste m, dentist dentiste m, pilot pilote m, thief/thieves voleur m,
        gardener jardinier m, dancer danseuse f, captain capitaine m, photographer photographe m""",
    "family": """mother mère f, father père m, brother frère m, sister sœur f, son fils m, daughter fille f,
        uncle oncle m, aunt tante f, cousin cousin m, grandmother grand-mère/grands-mères f,
        grandfather grand-père/grands-pères m, husband mari m, nephew neveu m, niece nièce f, friend ami m""",
    "place": """kitchen cuisine f, garden jardin m, house maison f, school école f, park parc m,
        market marché m, station gare f, restaurant restaurant m, museum musée m, library bibliothèque f,
        hospital hôpital m, office bureau m, beach plage f, street rue f, church église f, hotel hôtel m,
        bank banque f, airport aéroport m, cinema cinéma m, theatre théâtre m, bakery boulangerie f,
        pharmacy pharmacie f, shop magasin m, supermarket supermarché m, bridge pont m, castle château m,
        farm ferme f, forest forêt f, lake lac m, mountain montagne f, river rivière f, village village m,
        city ville f, bedroom chambre f, bathroom salle_de_bains/salles_de_bains f, island île f,
        swimming_pool piscine f, stadium stade m, university université f, factory usine f, field champ m,
        post_office poste f, zoo zoo m, living_room salon m, town_hall mairie f, cellar cave f, square place f,
        valley vallée f, harbour port m, classroom salle_de_classe/salles_de_classe f, wood bois m""",
    "show": "film film m, match match m, concert concert m, series/series série f",
    "sound": "song chanson f, radio radio f, music musique f, noise bruit m",
    "question": "question question f, answer réponse f, lesson leçon f, exercise exercice m, word mot m, idea idée f",
}.items():
    NOUNS[_kind] = _nouns(_kind, _entries)

EVERY_NOUN = tuple(noun for nouns in NOUNS.values() for noun in nouns)


def noun(english: str) -> Noun:
    """The noun with an English name."""
    return next(entry for entry in EVERY_NOUN if entry.english == english)


def named(names: str) -> tuple[Noun, ...]:
    """Nouns by their English names."""
    return tuple(noun(name.replace("_", " ")) for name in names.split())


NOUNS["eaten"] = tuple(entry for entry in NOUNS["food"] if entry.english not in ("sugar", "salt"))
NOUNS["generic"] = NOUNS["fruit"] + NOUNS["eaten"] + NOUNS["drink"]
NOUNS["dish"] = named("cake sandwich soup salad chicken fish rice pancake meat")
NOUNS["owned"] = named("car boat motorbike bus truck tractor")
NOUNS["printed"] = tuple(entry for entry in NOUNS["reading"] if entry.english not in ("poem", "story"))
NOUNS["portable"] = NOUNS["object"] + NOUNS["printed"]
NOUNS["used"] = named(
    "pen pencil key phone computer lamp mirror glass cup plate knife spoon fork bicycle map notebook bag umbrella "
    "suitcase dictionary"
)
NOUNS["washable"] = NOUNS["clothes"] + named("plate cup glass bottle car spoon window")
NOUNS["breakable"] = named("plate cup glass bottle window mirror lamp chair watch phone umbrella")
NOUNS["repairable"] = NOUNS["vehicle"] + named("bicycle computer phone watch clock radio fridge door chair sofa")
NOUNS["room"] = named("kitchen bathroom bedroom house office living_room classroom cellar")
NOUNS["visitable"] = named("museum castle city village island church farm zoo university factory")
NOUNS["opened"] = NOUNS["opening"] + named("box bottle suitcase letter gift book bag")
NOUNS["closed"] = NOUNS["opening"] + named("box suitcase book bag wardrobe")
NOUNS["written"] = named("letter book poem story novel song")
NOUNS["built"] = named("house bridge castle school boat church")
NOUNS["cuttable"] = named("bread cheese meat apple cake melon onion tomato ham")
NOUNS["drawn"] = NOUNS["animal"] + named("house flower boat castle map")
NOUNS["studied"] = NOUNS["question"]
NOUNS["heard"] = NOUNS["sound"]
NOUNS["pet"] = named("dog cat horse bird rabbit hamster mouse turtle duck goat")
NOUNS["fed"] = named("dog cat horse bird cow pig rabbit duck hen goat lamb hamster")
NOUNS["driven"] = named("car bus truck train motorbike tractor boat")
NOUNS["waited"] = named("bus train plane boat letter answer")
NOUNS["song"] = named("song")
MALE_JOBS = named(
    "teacher student doctor baker butcher farmer singer actor lawyer engineer writer waiter policeman "
    "fireman soldier journalist musician cook mechanic dentist pilot gardener photographer artist"
)
FEMALE_JOBS = named(
    "nurse actress waitress dancer doctor teacher journalist dentist photographer artist pilot engineer"
)
MASS_KINDS = ("food", "drink")


def _adjective(entry: str) -> Adjective:
    english, french, *rest = entry.split()
    base, _, comparative = english.partition("/")
    masculine = french.strip("^")
    feminine = rest[0] if rest else fr.feminine(masculine)
    if masculine == "marron":
        forms = ("marron",) * 4
        return Adjective(base, "", (forms[0], forms[1], forms[2], forms[3]), False)
    return Adjective(
        base, comparative, (masculine, fr.plural(masculine), feminine, feminine + "s"), french.startswith("^")
    )


ADJECTIVES = {
    adjective.english: adjective
    for adjective in map(
        _adjective,
        """
red rouge, blue bleu, green vert, black noir, white blanc blanche, yellow jaune, grey gris, pink rose,
purple violet violette, brown marron, big/bigger ^grand, large/larger ^gros grosse, small/smaller ^petit,
beautiful ^beau belle, handsome ^beau belle, new/newer ^nouveau nouvelle, old/older ^vieux vieille,
good/better ^bon bonne,
young/younger ^jeune, pretty/prettier ^joli, long/longer ^long longue, tall/taller ^grand, short/shorter ^petit,
bad/worse ^mauvais, expensive cher chère, heavy/heavier lourd, light/lighter léger légère,
empty vide, full plein, clean/cleaner propre, dirty/dirtier sale, broken cassé, open ouvert, closed fermé,
interesting intéressant, boring ennuyeux ennuyeuse, easy/easier facile, difficult difficile, famous célèbre,
rich/richer riche, poor/poorer pauvre, happy/happier heureux heureuse, sad/sadder triste, tired fatigué,
sick malade, nice/nicer gentil gentille, friendly/friendlier sympathique, intelligent intelligent,
funny/funnier drôle, lazy/lazier paresseux paresseuse, shy/shyer timide, strong/stronger fort, slow/slower lent,
fast/faster rapide, cold/colder froid, hot/hotter chaud, fresh/fresher frais fraîche, delicious délicieux délicieuse,
sweet/sweeter sucré, quiet/quieter calme, noisy/noisier bruyant, modern moderne, dangerous dangereux dangereuse,
useful utile, important important, polite poli, serious sérieux sérieuse, brave/braver courageux courageuse,
curious curieux curieuse, jealous jaloux jalouse, ready prêt, alone seul, busy occupé, worried inquiet inquiète,
surprised surpris, French français, English anglais, German allemand, Spanish espagnol, Italian italien italienne,
Japanese japonais, American américain, Canadian canadien canadienne, Belgian belge
""".replace("\n", " ").split(","),
    )
}

ATTRIBUTES = {
    kind: tuple(ADJECTIVES[name] for name in names.split())
    for kind, names in {
        "colour": "red blue green black white yellow grey pink purple brown",
        "fruit": "good small large fresh delicious",
        "food": "good fresh delicious",
        "drink": "good cold delicious",
        "clothes": "red blue green black white yellow grey pink purple brown beautiful new old pretty long expensive "
        "dirty",
        "pairs": "red blue black white brown new old beautiful clean dirty expensive",
        "reading": "good new old interesting long boring beautiful English French",
        "object": "red blue green black white yellow new old beautiful small big pretty expensive heavy useful",
        "furniture": "new old beautiful small big heavy expensive modern",
        "opening": "big small old new white green",
        "vehicle": "red blue black white yellow new old small big fast slow expensive modern German Japanese",
        "animal": "large small beautiful young old black white brown grey fast slow dangerous",
        "person": "young old tall famous rich poor nice friendly intelligent funny lazy shy strong serious brave "
        "polite beautiful curious French English German Spanish Italian Japanese American Canadian Belgian",
        "family": "young old nice",
        "place": "big small beautiful old new modern quiet noisy famous dirty",
        "show": "good interesting boring funny long beautiful bad",
        "sound": "beautiful sad good",
        "question": "good bad difficult easy interesting important long",
    }.items()
}
PREDICATIVE = ADJECTIVES | {"new": _adjective("new neuf neuve")}
PREDICATES = {
    kind: tuple(PREDICATIVE[name] for name in names.split())
    for kind, names in {
        "person": "tall short young old famous rich poor happy sad tired sick nice friendly "
        "intelligent funny lazy shy strong "
        "serious brave polite curious jealous ready alone busy worried surprised French English German Spanish "
        "Italian Japanese American Canadian Belgian",
        "fruit": "good fresh delicious sweet expensive",
        "food": "good fresh delicious cold expensive",
        "drink": "good cold delicious expensive",
        "clothes": (
            "red blue green black white yellow grey pink purple brown beautiful new old pretty long "
            "expensive clean dirty"
        ),
        "pairs": "red blue black white brown new old beautiful clean dirty expensive",
        "reading": "interesting long boring old new useful beautiful English French",
        "object": (
            "red blue green black white yellow new old beautiful pretty expensive heavy light useful "
            "broken small big dirty"
        ),
        "furniture": "new old beautiful heavy expensive broken small big",
        "opening": "open closed white green old",
        "vehicle": "red blue black white new old fast slow expensive dirty clean full empty",
        "animal": "large small beautiful young old black white brown grey fast slow dangerous sick intelligent lazy",
        "place": "big small beautiful old modern quiet noisy famous clean dirty empty full open closed",
        "show": "interesting boring funny long sad good bad",
        "sound": "beautiful sad long",
        "question": "difficult easy interesting important useful long",
    }.items()
}
STATES = tuple(
    ADJECTIVES[name]
    for name in words("happy sad tired sick ready alone busy worried surprised jealous curious serious")
)
EMOTIONS = tuple(ADJECTIVES[name] for name in ("happy", "sad", "worried", "surprised", "jealous"))
HINDRANCES = tuple(ADJECTIVES[name] for name in ("tired", "sick", "busy", "worried", "sad"))
COMPARED = {
    kind: tuple(ADJECTIVES[name] for name in names.split())
    for kind, names in {
        "person": (
            "tall young old rich poor happy nice friendly intelligent funny lazy shy strong serious "
            "polite famous curious"
        ),
        "clothes": "beautiful expensive long old pretty",
        "object": "expensive heavy light useful beautiful old big small",
        "reading": "interesting long boring difficult useful beautiful",
        "animal": "large fast slow intelligent dangerous small",
        "vehicle": "fast expensive slow beautiful old big",
        "place": "big small beautiful modern quiet noisy famous old",
        "show": "interesting boring funny long good bad",
        "fruit": "good expensive sweet fresh",
    }.items()
}


def _verb(entry: str) -> Verb:
    english, french, *objects = entry.split()
    reflexive = french.startswith("se_")
    return Verb(english.replace("_", " "), french.removeprefix("se_"), reflexive, tuple(objects))


def _verbs(entries: str) -> tuple[Verb, ...]:
    return tuple(_verb(entry) for entry in entries.split(","))


def among(verbs: tuple[Verb, ...], names: str) -> tuple[Verb, ...]:
    """The verbs of a list that have one of these English names (an underscore stands for a space)."""
    wanted = [name.replace("_", " ") for name in names.split()]
    return tuple(verb for verb in verbs if verb.english in wanted)


EAT = _verb("eat manger fruit eaten")
DRINK = _verb("drink boire drink")
BUY = _verb("buy acheter fruit food drink")
LIKE, LOVE, HATE, PREFER = _verbs("like aimer, love adorer, hate détester, prefer préférer")
HAVE, WANT, GO, LIVE, COME = _verbs("have avoir, want vouloir, go aller, live habiter, come venir")
# verbs with a countable object
TRANSITIVE = _verbs("""
buy acheter portable clothes pairs owned furniture, sell vendre portable owned furniture clothes,
find trouver portable clothes, lose perdre object clothes reading, wear porter clothes,
read lire reading, write écrire written, open ouvrir opened, close fermer closed, clean nettoyer room,
wash laver washable, break casser breakable, repair réparer repairable, watch regarder show animal,
listen_to écouter heard, hear entendre heard animal, visit visiter visitable, look_for chercher portable clothes,
wait_for attendre waited, forget oublier portable clothes, take prendre portable, draw dessiner drawn,
choose choisir clothes portable, hide cacher object, use utiliser used, bring apporter portable,
throw lancer toyball, steal voler object owned, keep garder portable, build construire built,
cut couper cuttable, feed nourrir fed, drive conduire driven, understand comprendre studied,
finish finir reading, begin commencer task, prepare préparer dish, see voir animal portable place vehicle,
follow suivre animal vehicle, photograph photographier animal place, borrow emprunter portable,
pay_for payer portable clothes, explain expliquer studied, receive recevoir reading, sing chanter song""")
# what people may intend to do
INTENDED = tuple(verb for verb in TRANSITIVE if verb.english not in ("lose", "break", "forget"))
NOUNS["toyball"] = named("ball")
NOUNS["task"] = named("lesson exercise book novel letter")
# verbs with a person as object
PERSONAL = _verbs("""see voir, help aider, know connaître, meet rencontrer, call appeler, invite inviter,
wait_for attendre, thank remercier, follow suivre, look_for chercher, listen_to écouter, understand comprendre,
hear entendre, find trouver, watch regarder, forget oublier""")
# verbs of giving: something, to somebody
GIVING = _verbs("""give donner portable clothes, show montrer portable clothes, lend prêter portable clothes,
sell vendre portable owned, send envoyer reading, bring apporter portable""")
ACTIONS = _verbs("""sleep dormir, work travailler, run courir, swim nager, dance danser, sing chanter, cry pleurer,
laugh rire, smile sourire, walk marcher, travel voyager, arrive arriver, leave partir, go_out sortir, read lire,
come_back revenir, stay rester, get_up se_lever, wake_up se_réveiller, hurry se_dépêcher, rest se_reposer,
get_dressed se_habiller, go_to_bed se_coucher, have_fun se_amuser, study étudier, cook cuisiner, talk parler,
eat manger, drive conduire, play jouer, fall tomber, shout crier, wait attendre, think réfléchir,
come_in entrer""")
LASTING = among(ACTIONS, "sleep work run swim dance sing cry laugh walk rest study cook talk eat play wait read")
ROUTINE = among(ACTIONS, "get_up wake_up go_to_bed rest get_dressed hurry have_fun")
# adjectives that suit only some nouns of a kind
BUILDINGS = named(
    "house school station restaurant museum library hospital office church hotel bank airport cinema "
    "theatre bakery pharmacy shop supermarket castle university factory post_office zoo town_hall stadium"
)
SUITED = {
    ("long", "clothes"): named("dress skirt coat scarf raincoat"),
    ("modern", "place"): (*BUILDINGS, *named("kitchen city bathroom bridge harbour")),
    ("full", "place"): BUILDINGS,
    ("empty", "place"): (*BUILDINGS, *named("street beach square")),
    ("open", "place"): BUILDINGS,
    ("closed", "place"): BUILDINGS,
    ("noisy", "place"): (*BUILDINGS, *named("street city village square beach")),
    ("new", "place"): (*BUILDINGS, *named("kitchen bridge bathroom swimming_pool")),
    ("old", "place"): (*BUILDINGS, *named("bridge village city street square harbour farm")),
    ("open", "opening"): NOUNS["opening"],
    ("fast", "animal"): named("dog cat horse bird rabbit lion tiger fox wolf"),
    ("dangerous", "animal"): named("dog bear lion tiger wolf snake elephant"),
    ("slow", "animal"): named("turtle donkey cow duck snake horse"),
    ("long", "question"): named("question answer lesson exercise word"),
    ("easy", "question"): named("question answer lesson exercise word"),
    ("difficult", "question"): named("question answer lesson exercise word"),
    ("old", "reading"): named("book letter newspaper magazine novel poem story dictionary"),
    ("useful", "reading"): named("book dictionary magazine newspaper"),
    ("long", "reading"): named("book letter novel poem story"),
    ("boring", "reading"): named("book newspaper magazine novel story letter"),
    ("interesting", "reading"): named("book newspaper magazine novel story letter poem"),
    ("useful", "object"): named(
        "pen pencil key phone computer watch clock knife bicycle map notebook bag umbrella box lamp"
    ),
    ("heavy", "object"): named("computer mirror clock box bottle suitcase bag painting bicycle gift"),
    ("light", "object"): named("suitcase bag umbrella kite bicycle phone box ball"),
    ("long", "show"): named("film match concert series"),
    ("sad", "sound"): named("song"),
    ("good", "sound"): named("song"),
    ("beautiful", "sound"): named("song music"),
    ("long", "sound"): named("song"),
    ("funny", "show"): named("film series"),
    ("boring", "show"): named("film match concert series"),
    ("interesting", "show"): named("film match concert"),
    ("sad", "show"): named("film series"),
    ("bad", "show"): named("film match concert series"),
    ("broken", "object"): named(
        "phone computer lamp mirror watch clock bottle glass cup plate bicycle toy doll guitar umbrella key"
    ),
    ("empty", "vehicle"): named("bus train plane truck boat"),
    ("full", "vehicle"): named("bus train plane truck boat"),
}


def suits(adjective: Adjective, thing: Noun) -> bool:
    """Whether an adjective makes sense with a noun."""
    allowed = SUITED.get((adjective.english, thing.kind))
    return (allowed is None or thing in allowed) and thing.english not in (
        "hot chocolate",
        "ice cream",
        "salt",
        "sugar",
    )


def predicates(thing: Noun) -> tuple[Adjective, ...]:
    """The adjectives that can be said of a noun."""
    return (
        tuple(adjective for adjective in PREDICATES[thing.kind] if suits(adjective, thing)) or PREDICATES["fruit"][:1]
    )


def compared(thing: Noun) -> tuple[Adjective, ...]:
    """The adjectives by which a noun can be compared."""
    return tuple(adjective for adjective in COMPARED[thing.kind] if suits(adjective, thing))


# the verbs of a rarer French tense, so that every form is seen often
IN_TENSE = {
    kind: tuple(name.replace("_", " ") for name in names.split())
    for kind, names in {
        "present": """read write open close clean wash wear watch listen_to hear visit look_for wait_for
            use bring keep cut feed
        drive understand prepare see photograph draw sell buy borrow sing explain repair finish begin
        follow choose pay_for
        eat drink sleep work run swim dance cry laugh smile walk travel arrive leave go_out come_back
        stay get_up wake_up
        hurry rest get_dressed go_to_bed have_fun study cook talk play shout wait think help know meet
        call invite thank
        give show lend send""",
        "future": """buy sell find lose read write open close clean wash repair visit take choose bring
            keep prepare see sing
        eat drink sleep work dance travel arrive leave come_back stay get_up rest go_to_bed study wait
        play help meet call
        invite wait_for give show lend send come_in wake_up go_out""",
        "conditional": "buy sell read visit choose take see eat drink travel work sleep stay dance leave come_back",
        "imperfect": """read write listen_to watch look_for wait_for wash clean repair draw drive
            prepare wear sell cut feed buy eat
        drink sleep work run swim dance sing cry laugh walk rest study cook talk play wait travel get_up
        go_to_bed wake_up
        have_fun stay""",
    }.items()
}


def in_tense(verbs: tuple[Verb, ...], tense: str) -> tuple[Verb, ...]:
    """The verbs of a list that the corpus uses in a tense."""
    allowed = IN_TENSE.get(fr.SIMPLE_TENSES.get(tense, ""))
    if allowed is None or tense in ("progressive", "since"):
        return verbs
    return tuple(verb for verb in verbs if verb.english in allowed) or verbs


# what people may do at any moment
ACTIVE = among(
    ACTIONS,
    "sleep work run swim dance sing laugh smile walk travel leave go_out come_back rest have_fun "
    "study cook talk drive play hurry",
)

MALE_NAMES = words("Paul Thomas Lucas Nicolas Daniel Victor Antoine Oscar Martin Simon David Louis")
FEMALE_NAMES = words("Marie Julie Emma Sophie Alice Claire Sarah Laura Louise Nina Anna Charlotte")
FEMALE = frozenset(FEMALE_NAMES)
LANGUAGES = """French français, English anglais, German allemand, Spanish espagnol, Italian italien,
Japanese japonais, Russian russe, Chinese chinois, Arabic arabe, Portuguese portugais""".replace("\n", " ").split(", ")
SUBJECTS = """mathematics mathématiques fp, history histoire f, music musique f, biology biologie f,
geography géographie f, physics physique f, chemistry chimie f, literature littérature f,
philosophy philosophie f""".replace("\n", " ").split(", ")
# country, preposition for in/to, preposition for from, French name
COUNTRIES = """France en de France, Spain en de Espagne, Italy en de Italie, Germany en de Allemagne,
England en de Angleterre, Japan au du Japon, Canada au du Canada, Brazil au du Brésil, Portugal au du Portugal,
Mexico au du Mexique, China en de Chine, Belgium en de Belgique, Switzerland en de Suisse, Greece en de Grèce,
Morocco au du Maroc, the_United_States aux des États-Unis, the_Netherlands aux des Pays-Bas, Ireland en de Irlande,
Russia en de Russie, India en de Inde, Egypt en de Égypte""".replace("\n", " ").split(", ")
CITIES = """Paris Paris, London Londres, Rome Rome, Berlin Berlin, Madrid Madrid, Lyon Lyon, Brussels Bruxelles,
Geneva Genève, Tokyo Tokyo, Montreal Montréal, Lisbon Lisbonne, Marseille Marseille, Venice Venise, Vienna Vienne,
Moscow Moscou, Athens Athènes""".replace("\n", " ").split(", ")
# place, English and French preposition for being there
LOCATIONS = """in kitchen dans, in garden dans, at *school à, in park dans, at market à, at station à,
at restaurant à, at museum à, at library à, at hospital à, at office à, on beach sur, in street dans,
in church dans, at hotel à, at bank à, at airport à, at cinema à, at theatre à, at bakery à, in shop dans,
at supermarket à, on bridge sur, in castle dans, at farm à, in forest dans, by lake près_de, by river près_de,
in village dans, in bedroom dans, in bathroom dans, on island sur, at swimming_pool à, at stadium à,
at university à, at factory à, in field dans, at zoo à, in living_room dans, in classroom dans, on square sur,
in cellar dans, in valley dans, by harbour près_de, at post_office à, in wood dans, at pharmacy à,
at town_hall à""".replace("\n", " ").split(", ")
DESTINATIONS = words("""*school park market station restaurant museum library hospital beach church bank airport cinema
theatre bakery pharmacy supermarket castle farm swimming_pool stadium university zoo post_office
office factory town_hall""")

TIMES = {
    kind: tuple(entry.strip() for entry in entries.split(","))
    for kind, entries in {
        "habit": """every:1 day:2|tous:1 les:1 jours:2, every:1 week:2|chaque:1 semaine:2,
        every:1 morning:2|chaque:1 matin:2, every:1 evening:2|chaque:1 soir:2,
        in:1 the:1 morning:2|le:1 matin:2, in:1 the:1 evening:2|le:1 soir:2,
        on:1 Mondays:2|le:1 lundi:2, on:1 Tuesdays:2|le:1 mardi:2, on:1 Wednesdays:2|le:1 mercredi:2,
        on:1 Thursdays:2|le:1 jeudi:2, on:1 Fridays:2|le:1 vendredi:2, on:1 Saturdays:2|le:1 samedi:2,
        on:1 Sundays:2|le:1 dimanche:2, in:1 summer:2|en:1 été:2, in:1 winter:2|en:1 hiver:2,
        in:1 spring:2|au:1 printemps:2, in:1 autumn:2|en:1 automne:2, after:1 school:2|après:1 l':2 école:2,
        at:1 noon:2|à:1 midi:2, after:1 dinner:2|après:1 le:2 dîner:2, before:1 lunch:2|avant:1 le:2 déjeuner:2,
        once:1 a:2 week:3|une:1 fois:1 par:2 semaine:3, twice:1 a:2 month:3|deux:1 fois:1 par:2 mois:3""",
        "now": """now:1|maintenant:1, at:1 the:1 moment:2|en:1 ce:1 moment:2, this:1 morning:2|ce:1 matin:2,
        today:1|aujourd'hui:1, this:1 afternoon:2|cet:1 après-midi:2""",
        "past": """yesterday:1|hier:1, last:1 week:2|la:2 semaine:2 dernière:1, last:1 month:2|le:2 mois:2 dernier:1,
        last:1 year:2|l':2 année:2 dernière:1, last:1 summer:2|l':2 été:2 dernier:1,
        yesterday:1 morning:2|hier:1 matin:2, yesterday:1 evening:2|hier:1 soir:2,
        last:1 Monday:2|lundi:2 dernier:1, last:1 Saturday:2|samedi:2 dernier:1, last:1 Friday:2|vendredi:2 dernier:1,
        two:1 days:2 ago:3|il:3 y:3 a:3 deux:1 jours:2, three:1 weeks:2 ago:3|il:3 y:3 a:3 trois:1 semaines:2,
        an:1 hour:2 ago:3|il:3 y:3 a:3 une:1 heure:2, five:1 minutes:2 ago:3|il:3 y:3 a:3 cinq:1 minutes:2,
        two:1 months:2 ago:3|il:3 y:3 a:3 deux:1 mois:2, four:1 years:2 ago:3|il:3 y:3 a:3 quatre:1 ans:2""",
        "future": """tomorrow:1|demain:1, next:1 week:2|la:2 semaine:2 prochaine:1,
            next:1 month:2|le:2 mois:2 prochain:1,
        next:1 year:2|l':2 année:2 prochaine:1, next:1 summer:2|l':2 été:2 prochain:1, soon:1|bientôt:1,
        tonight:1|ce:1 soir:1, tomorrow:1 morning:2|demain:1 matin:2, tomorrow:1 evening:2|demain:1 soir:2,
        next:1 Sunday:2|dimanche:2 prochain:1, next:1 Thursday:2|jeudi:2 prochain:1,
        next:1 Tuesday:2|mardi:2 prochain:1, in:1 two:2 days:3|dans:1 deux:2 jours:3,
        in:1 three:2 weeks:3|dans:1 trois:2 semaines:3, in:1 an:2 hour:3|dans:1 une:2 heure:3,
        later:1|plus:1 tard:1, the:1 day:1 after:1 tomorrow:1|après-demain:1""",
    }.items()
}
ADVERBS = ("often souvent", "always toujours", "sometimes parfois", "rarely rarement", "usually d'_habitude")
MANNERS = (
    "well:1|bien:1",
    "badly:1|mal:1",
    "fast:1|vite:1",
    "slowly:1|lentement:1",
    "together:1|ensemble:1",
    "early:1|tôt:1",
    "late:1|tard:1",
)
MANNER_VERBS = {
    "sing": "well badly",
    "dance": "well badly together",
    "swim": "well fast slowly",
    "run": "fast slowly",
    "drive": "well fast slowly badly",
    "work": "well together late",
    "cook": "well badly together",
    "sleep": "well badly",
    "walk": "fast slowly together",
    "eat": "fast slowly together",
    "play": "well together",
    "get up": "early late",
    "go to bed": "early late",
    "arrive": "early late together",
    "leave": "early late together",
    "wake up": "early late",
    "study": "together",
    "travel": "together",
}
UNITS = words(
    """zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize
dix-sept dix-huit dix-neuf"""
)
TENS = ["", "", "vingt", "trente", "quarante", "cinquante", "soixante", "soixante", "quatre-vingt", "quatre-vingt"]
ENGLISH_UNITS = words("""zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen""")
ENGLISH_TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


# the numbers the corpus counts with
NUMBERS = (*range(2, 22), 25, 30, 31, 35, 40, 45, 50, 60, 65, 70, 71, 75, 80, 81, 85, 90, 95, 99, 100)


def english_number(value: int) -> str:
    """A number up to 100 in English words."""
    if value < 20:
        return ENGLISH_UNITS[value]
    if value == 100:
        return "one hundred"
    ten, unit = divmod(value, 10)
    return ENGLISH_TENS[ten] + (f"-{ENGLISH_UNITS[unit]}" if unit else "")


def french_number(value: int, feminine: bool = False) -> str:
    """A number up to 100 in French words, in the traditional spelling (vingt et un, quatre-vingts)."""
    if value < 20:
        return "une" if value == 1 and feminine else UNITS[value]
    if value == 100:
        return "cent"
    ten, unit = divmod(value, 10)
    if ten in (7, 9):
        unit += 10
    if unit == 0:
        return "quatre-vingts" if ten == 8 else TENS[ten]
    last = "une" if unit == 1 and feminine else UNITS[unit]
    joint = " et " if unit in (1, 11) and ten < 8 else "-"
    return f"{TENS[ten]}{joint}{last}"
