import Faces
import EmotionRecognition

/// Deals labelled pictures out to training, validation and test by the people that they show, so that nobody who is
/// trained on is tested with.
///
/// A part that comes as a folder of its own stays as it is. A part that is missing is dealt out of the training pictures
/// a tenth of them each, the same people every time: their order is that of a hash of their names.
struct PersonSplit {
    /// The part of each picture.
    private(set) var usages: [Usage]
    /// How many people the pictures show that were dealt out by their names; nil where they are too few to be dealt out,
    /// and pictures were dealt out instead: of each class the last ones by name.
    private(set) var people: Int?

    /// The least people that can be dealt out to three parts.
    static let fewest = 5
    /// Among many names, one that more pictures than this part of all begin with is no person's: `Training_3908.jpg`.
    private static let (many, largest) = (20, 0.2)

    init(_ pictures: [EmotionFolder.Picture]) {
        usages = pictures.map { $0.usage ?? .training }
        let missing = [Usage.publicTest, .privateTest].filter { !usages.contains($0) }
        let open = pictures.indices.filter { usages[$0] == .training }
        guard !missing.isEmpty, !open.isEmpty else {
            people = 0
            return
        }
        var groups = Dictionary(grouping: open) { pictures[$0].person }
        guard groups.count >= Self.fewest else {
            deal(byPicture: open, pictures, to: missing)
            return
        }
        if groups.count > Self.many {
            for (name, members) in groups where Double(members.count) > Self.largest * Double(open.count) {
                groups[name] = nil
                for member in members { groups["\(name)/\(pictures[member].name)"] = [member] }
            }
        }
        people = groups.count
        let tenth = max(1, open.count / 10)
        var order = groups.sorted { (Self.hash($0.key), $0.key) < (Self.hash($1.key), $1.key) }[...]
        for part in missing {
            var count = 0
            while count < tenth, order.count > 1, let group = order.popFirst() {
                for member in group.value { usages[member] = part }
                count += group.value.count
            }
        }
    }

    /// Of each class the last tenth by name goes to each part: pictures taken one after another are alike, and stay
    /// together that way.
    private mutating func deal(
        byPicture open: [Int], _ pictures: [EmotionFolder.Picture], to parts: [Usage]
    ) {
        for (_, members) in Dictionary(grouping: open, by: { pictures[$0].emotion }) {
            var rest = members.sorted { pictures[$0].name < pictures[$1].name }[...]
            let tenth = max(1, members.count / 10)
            for part in parts.reversed() where rest.count > tenth {
                for member in rest.suffix(tenth) { usages[member] = part }
                rest.removeLast(tenth)
            }
        }
    }

    private static func hash(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        // FNV-1a's upper bits hardly differ for names that differ at their ends.
        hash ^= hash >> 33
        hash = hash &* 0xff51_afd7_ed55_8ccd
        return hash ^ hash >> 33
    }
}
