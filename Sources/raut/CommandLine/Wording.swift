import Analysis
import Foundation

/// A share as "71.2 %".
func percent(_ value: Double) -> String { decimal(value * 100, 1) + " %" }

/// A number with a fixed count of decimals.
func decimal(_ value: Double, _ places: Int) -> String { String(format: "%.\(places)f", value) }

/// Seconds as "1 h 05 min", "4 min 10 s" or "9 s".
func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "?" }
    let whole = Int(seconds.rounded())
    if whole >= 3600 { return "\(whole / 3600) h \(String(format: "%02d", whole % 3600 / 60)) min" }
    return whole >= 60 ? "\(whole / 60) min \(String(format: "%02d", whole % 60)) s" : "\(whole) s"
}

/// A text as a JSON string.
func quoted(_ text: String) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return String(decoding: try encoder.encode(text), as: UTF8.self)
}

/// A count with its word, in groups of three digits: `1 face`, `1,412 faces`; `words` is the plural where it is no "s".
func counted(_ count: Int, _ word: String, _ words: String? = nil) -> String {
    "\(grouped(count)) \(count == 1 ? word : words ?? word + "s")"
}
