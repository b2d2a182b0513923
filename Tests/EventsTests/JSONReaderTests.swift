import Foundation
import Testing

import Events

/// What a reader makes of a text: all members as Foundation would have them; nil where it is no object.
private func object(_ text: String) -> [String: String]? {
    var reader = JSONReader(Array(text.utf8))
    guard reader.beginObject() else { return nil }
    var members: [String: String] = [:]
    while let key = reader.nextKey() {
        var probe = reader
        if let number = probe.number() {
            members[key] = "\(number)"
            reader = probe
        } else {
            members[key] = reader.string() ?? "other"
        }
    }
    return reader.isWhole ? members : nil
}

/// The same numbers in each run (Knuth's MMIX).
private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 32
    }
}

@Suite("reading JSON")
struct JSONReaderTests {
    @Test("members are read in any order, with escapes, and what is not asked for is passed over")
    func members() {
        #expect(
            object(
                #" {"a" : "x\u00e9\ud83d\ude00\n\"", "b":-1.5e2,"c":[1,{"d":[]},"]"],"e":null , "f":true} "#)
                == ["a": "x\u{E9}\u{1F600}\n\"", "b": "-150.0", "c": "other", "e": "other", "f": "other"])
        #expect(object("{}") == [:])
        #expect(object(#"{"a":1,"a":2}"#) == ["a": "2.0"])
        #expect(object(#"{"a":"\ud83d"}"#) == ["a": "\u{FFFD}"])
    }

    @Test(
        "numbers are those that Foundation reads",
        arguments: [
            "0", "-0", "0.001", "1764102600.123456", "123456789012345678901234567890", "1e-7", "2.5E+3",
            "0.1234567890123456789", "9007199254740993", "1e308",
        ])
    func numbers(_ text: String) throws {
        var reader = JSONReader(Array(text.utf8))
        let (value, isWhole) = (reader.number(), reader.isWhole)
        #expect(value == Double(text) && isWhole)
    }

    @Test("whole numbers are told from others, and none is too large to be asked for")
    func integers() {
        func integer(_ text: String) -> Int? {
            var reader = JSONReader(Array(text.utf8))
            return reader.integer()
        }
        #expect(integer("12") == 12 && integer("-3.0") == -3 && integer("1.5") == nil)
        #expect(integer("1e30") == nil && integer("1e999") == nil && integer("true") == nil)
    }

    @Test(
        "what is no JSON is found out",
        arguments: [
            "", "{", "[1,2]", #"{"a":1,}"#, #"{"a" 1}"#, #"{,"a":1}"#, #"{"a":01}"#, #"{"a":1.}"#,
            #"{"a":.5}"#,
            #"{"a":+1}"#, #"{"a":1e}"#, #"{"a":tru}"#, #"{"a":"\x"}"#, #"{"a":"\u12g4"}"#, "{\"a\":\"\t\"}",
            #"{"a":1} x"#, #"{"a":1}}"#, #"{a:1}"#, #"{"a":"b}"#, #"{"a":[1 2]}"#, #"{"a":-}"#,
            #"{"a":[1,]}"#,
        ])
    func broken(_ text: String) {
        #expect(object(text) == nil)
    }

    @Test("a deep value ends neither the stack nor the program")
    func deep() {
        #expect(object("{\"a\":" + String(repeating: "[", count: 100_000)) == nil)
        let fits = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
        #expect(object("{\"a\":\(fits)}") != nil)
    }

    @Test("of 20,000 damaged lines those are taken that Foundation takes")
    func damaged() {
        let line = Array(
            #"{"event":"left","time":"2026-11-23T10:00:10.000Z","frame":9,"face":1,"seconds":10.25,"dominant":"happy","emotions":{"angry":0,"happy":0.8e0,"neutral":-0.2},"x":[true,null,{"y":"\n"}]}"#
                .utf8)
        let pieces = Array("{}[],:\"\\0123456789.eE+-truefalsn x".utf8)
        var random = Numbers(state: 22)
        var taken = 0
        for _ in 0..<20_000 {
            var bytes = line
            for _ in 0..<Int.random(in: 1...2, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = pieces.randomElement(using: &random) ?? 0x20
                case 1: bytes.remove(at: place)
                default: bytes.insert(pieces.randomElement(using: &random) ?? 0x20, at: place)
                }
            }
            let theirs = (try? JSONSerialization.jsonObject(with: Data(bytes))) as? [String: Any]
            let text = String(decoding: bytes, as: UTF8.self)
            let ours = object(text)
            // Foundation takes a comma behind the last part; RFC 8259 does not.
            if theirs != nil, ours == nil, text.contains(/,\s*[}\]]/) { continue }
            // Foundation refuses numbers beyond a Double and half surrogate pairs; we read on.
            if theirs == nil, ours != nil, text.contains("e") || text.contains("u") { continue }
            #expect((ours == nil) == (theirs == nil), "\(text)")
            if let ours, let theirs {
                #expect(Set(ours.keys) == Set(theirs.keys))
                #expect(
                    theirs["dominant"].map { $0 as? String ?? "" == ours["dominant"] } ?? true
                        || theirs["dominant"] is NSNumber)
                taken += 1
            }
        }
        #expect(taken > 2000)
    }
}
