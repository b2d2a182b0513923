import Faces
import Foundation

/// A language in which labels and lines can be shown. Events and files stay in English.
package enum Language: String, CaseIterable, Sendable {
    /// English.
    case english = "en"
    /// Indonesian.
    case indonesian = "id"

    /// The language of the environment (`LC_ALL`, `LC_MESSAGES`, `LANG`) where it is one of these, else English.
    package init(environment: [String: String]) {
        let names = ["LC_ALL", "LC_MESSAGES", "LANG"].compactMap { environment[$0] }.filter { !$0.isEmpty }
        self = names.first.flatMap { Language(rawValue: String($0.prefix(2))) } ?? .english
    }

    /// An emotion's name as people read it.
    package func name(of emotion: Emotion) -> String { Self.names[self]?[emotion.rawValue] ?? "\(emotion)" }

    private static let names: [Language: [String]] = [
        .english: Emotion.allCases.map(\.description),
        .indonesian: ["marah", "jijik", "takut", "senang", "sedih", "terkejut", "netral"],
    ]

    /// A line that stands in no need of anything.
    package func line(_ phrase: Phrase) -> String {
        switch self {
        case .english: phrase.english
        case .indonesian: phrase.indonesian
        }
    }
}

/// What the window says in words.
package enum Phrase: CaseIterable, Sendable {
    case unsure, or, lastMinute, paused, lost, saved, demo, noFace, closer, back, dark, facing, matters,
        little, much
    case showMe, score, ready, smile
    case keyQuit, keyPause, keyMirror, keyBars, keyFace, keyFullScreen, keySnapshot, keyHelp, keyMeter,
        keyRibbon
    case model

    var english: String {
        switch self {
        case .unsure: "unsure"
        case .or: "or"
        case .lastMinute: "last minute"
        case .paused: "paused"
        case .lost: "is lost, waiting for it to come back"
        case .saved: "saved"
        case .demo: "Demo: drawn faces, no camera"
        case .noFace: "Nobody in view"
        case .closer: "Step closer"
        case .back: "Step back"
        case .dark: "Too dark: more light, please"
        case .facing: "Face the camera"
        case .matters: "seen here:"
        case .little: "a little"
        case .much: "most"
        case .showMe: "Show me"
        case .score: "Score"
        case .ready: "Get ready"
        case .smile: "smile"
        case .keyQuit: "quit"
        case .keyPause: "pause"
        case .keyMirror: "mirror"
        case .keyBars: "bars"
        case .keyFace: "next face"
        case .keyFullScreen: "full screen"
        case .keySnapshot: "save a picture"
        case .keyHelp: "keys"
        case .keyMeter: "smile meter"
        case .keyRibbon: "last minute"
        case .model: "model"
        }
    }

    var indonesian: String {
        switch self {
        case .unsure: "ragu"
        case .or: "atau"
        case .lastMinute: "semenit terakhir"
        case .paused: "dijeda"
        case .lost: "terputus, menunggu tersambung lagi"
        case .saved: "tersimpan"
        case .demo: "Demo: wajah gambar, tanpa kamera"
        case .noFace: "Tidak ada wajah"
        case .closer: "Mendekatlah"
        case .back: "Mundurlah"
        case .dark: "Terlalu gelap: tambah cahaya"
        case .facing: "Hadap ke kamera"
        case .matters: "terlihat di sini:"
        case .little: "sedikit"
        case .much: "paling"
        case .showMe: "Tunjukkan wajah"
        case .score: "Skor"
        case .ready: "Siap-siap"
        case .smile: "senyum"
        case .keyQuit: "keluar"
        case .keyPause: "jeda"
        case .keyMirror: "cermin"
        case .keyBars: "batang"
        case .keyFace: "wajah berikutnya"
        case .keyFullScreen: "layar penuh"
        case .keySnapshot: "simpan gambar"
        case .keyHelp: "tombol"
        case .keyMeter: "meter senyum"
        case .keyRibbon: "semenit terakhir"
        case .model: "model"
        }
    }
}
