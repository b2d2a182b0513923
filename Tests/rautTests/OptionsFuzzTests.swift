import Foundation
import Mutation
import Testing

import raut

@Suite("Fuzz: files of options")
struct OptionsFuzzTests {
    @Test("a damaged file of options is refused in a line that names it, or taken")
    func damagedOptions() {
        let seeds = [
            "# a kiosk\nsource = /dev/video0\nsize = 640x480\nfps = 15\nevents = frames\n",
            "headless\nquiet\nsocket /run/raut/events\nsocket-mode = 660\nmin-size 60\nthreads=2\n",
            "mqtt = mqtts://user:p%40ss@[::1]:8883/kiosk/7\nstats 5\nscale-factor = 1.2\nfull-scan\n",
        ].map { Array($0.utf8) }
        var taken = 0
        for number in 0..<Mutation.count {
            Mutation.note(number, "options")
            var mutation = Mutation(number: number)
            let text = String(decoding: mutation.damage(seeds), as: UTF8.self)
            do {
                let words = try OptionsFile.words(in: text, path: "raut.conf", for: RunCommand.command)
                _ = try RunCommand.settings(
                    from: Arguments([], for: RunCommand.command, standards: words))
                taken += 1
            } catch {
                #expect(!"\(error)".contains("\n"), "number \(number)")
            }
        }
        #expect(taken > 0 && taken < Mutation.count)
    }
}
