import Imaging
import Pipeline
import Testing

@Suite("hints")
struct ViewHintTests {
    @Test("say what is wrong and what to do")
    func text() {
        #expect(
            "\(ViewHint.tooSmall(side: 50))"
                == "a face of 50 pixels is too small to be named: step closer, or use --min-size 50")
        #expect("\(ViewHint.tooDark(mean: 9))".contains("too dark"))
    }

    @Test("come with a dark picture in which no face is found, and go with light")
    func dark() {
        for (level, hint) in [(UInt8(9), ViewHint.tooDark(mean: 9)), (90, nil)] as [(UInt8, ViewHint?)] {
            #expect(Brightness.hint(for: GrayImage(width: 320, height: 240, fill: level)) == hint)
        }
        #expect(Brightness.hint(for: GrayImage()) == nil)
    }
}
