import Foundation
import Glibc
import System
import Testing

import Overlay

/// What a compositor says: the names of what it has, and the end of them.
private func message(object: UInt32, event: UInt32, _ body: [UInt8] = []) -> [UInt8] {
    let words = [object, UInt32(8 + body.count) << 16 | event]
    return words.withUnsafeBytes { Array($0) } + body
}

private func global(_ number: UInt32, _ name: String) -> [UInt8] {
    var text = Array(name.utf8) + [0]
    let length = UInt32(text.count)
    while text.count % 4 != 0 { text.append(0) }
    let words = { (value: UInt32) in withUnsafeBytes(of: value) { Array($0) } }
    return message(object: 2, event: 0, words(number) + words(length) + text + words(1))
}

private let end = message(object: 3, event: 0, [0, 0, 0, 0])

@Suite("whether a Wayland compositor has a seat")
struct WaylandSeatTests {
    @Test("a seat is found among the names, wherever the bytes are cut")
    func found() {
        let said = global(1, "wl_compositor") + global(2, "wl_shm") + global(3, "wl_seat") + end
        for cut in 0...said.count {
            var bytes = Array(said[..<cut])
            let first = WaylandSeat.answer(&bytes)
            bytes += said[cut...]
            #expect(first ?? WaylandSeat.answer(&bytes) == true)
        }
    }

    @Test("without one the end of the names is the answer; other names are not taken for it")
    func missing() {
        var bytes =
            global(1, "wl_compositor") + global(2, "wl_seat_like")
            + message(object: 1, event: 1, [9, 0, 0, 0])
        #expect(WaylandSeat.answer(&bytes) == nil)
        bytes += end
        #expect(WaylandSeat.answer(&bytes) == false)
    }

    @Test("bytes of any kind end in an answer or in none")
    func garbage() {
        for seed in 0..<2000 {
            var value = UInt32(truncatingIfNeeded: seed &* 2_654_435_761)
            var bytes = (0..<64).map { _ in
                value = value &* 1_664_525 &+ 1_013_904_223
                return UInt8(value >> 27)
            }
            _ = WaylandSeat.answer(&bytes)
            #expect(bytes.count <= 64)
        }
    }

    @Test("a compositor is asked over its socket; where there is none it can't be told")
    func asked() throws {
        #expect(WaylandSeat.hasSeat(at: "/proc/none/wayland-0") == nil)
        for (names, wanted) in [(["wl_shm", "wl_seat"], true), (["wl_shm"], false)] {
            let path = NSTemporaryDirectory() + "seat-\(getpid())-\(names.count)"
            defer { unlink(path) }
            let listener = OpenFile(
                descriptor: socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
            let address = try #require(sockaddr_un(path: path))
            let number = listener.descriptor
            try #require(address.withSocketAddress { bind(number, $0, $1) } == 0 && listen(number, 1) == 0)
            let asked = Guarded<[UInt8]>([])
            let thread = Thread {
                let connection = OpenFile(descriptor: accept(number, nil, nil))
                var room = [UInt8](repeating: 0, count: 64)
                let count = (try? room.withUnsafeMutableBytes { try connection.read(into: $0) }) ?? 0
                asked.withLock { $0 = Array(room[..<count]) }
                let answer = names.enumerated().flatMap { global(UInt32($0), $1) } + end
                _ = answer.withUnsafeBytes { try? connection.write($0) }
            }
            thread.start()
            #expect(WaylandSeat.hasSeat(at: path) == wanted)
            // get_registry and sync, with the numbers of what they make.
            let words: [UInt32] = [1, 12 << 16 | 1, 2, 1, 12 << 16, 3]
            #expect(asked.withLock { $0 } == words.withUnsafeBytes { Array($0) })
        }
    }
}
