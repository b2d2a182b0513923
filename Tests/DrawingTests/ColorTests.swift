import Drawing
import Faces
import Foundation
import Testing

/// A colour in CIE L*a*b*, D65.
private struct Lab {
    var l, a, b: Double

    init(linear rgb: SIMD3<Double>) {
        let x = (0.4124564 * rgb.x + 0.3575761 * rgb.y + 0.1804375 * rgb.z) / 0.95047
        let y = 0.2126729 * rgb.x + 0.7151522 * rgb.y + 0.0721750 * rgb.z
        let z = (0.0193339 * rgb.x + 0.1191920 * rgb.y + 0.9503041 * rgb.z) / 1.08883
        func f(_ t: Double) -> Double { t > 216 / 24389 ? cbrt(t) : (24389 / 27 * t + 16) / 116 }
        (l, a, b) = (116 * f(y) - 16, 500 * (f(x) - f(y)), 200 * (f(y) - f(z)))
    }

    init(l: Double, a: Double, b: Double) { (self.l, self.a, self.b) = (l, a, b) }

    /// CIEDE2000 (Sharma, Wu and Dalal, 2005).
    func distance(to other: Lab) -> Double {
        let radians = Double.pi / 180
        let meanC = (hypot(a, b) + hypot(other.a, other.b)) / 2
        let g = 0.5 * (1 - (pow(meanC, 7) / (pow(meanC, 7) + pow(25, 7))).squareRoot())
        let (a1, a2) = ((1 + g) * a, (1 + g) * other.a)
        let (c1, c2) = (hypot(a1, b), hypot(a2, other.b))
        func hue(_ a: Double, _ b: Double) -> Double {
            guard a != 0 || b != 0 else { return 0 }
            let degrees = atan2(b, a) / radians
            return degrees < 0 ? degrees + 360 : degrees
        }
        let (h1, h2) = (hue(a1, b), hue(a2, other.b))
        var dh = h2 - h1
        if c1 * c2 == 0 { dh = 0 } else if dh > 180 { dh -= 360 } else if dh < -180 { dh += 360 }
        let dH = 2 * (c1 * c2).squareRoot() * sin(dh / 2 * radians)
        let meanL = (l + other.l) / 2
        let mean = (c1 + c2) / 2
        var meanH = h1 + h2
        if c1 * c2 != 0 {
            if abs(h1 - h2) <= 180 { meanH /= 2 } else { meanH = (meanH + (meanH < 360 ? 360 : -360)) / 2 }
        }
        let t =
            1 - 0.17 * cos((meanH - 30) * radians) + 0.24 * cos(2 * meanH * radians)
            + 0.32 * cos((3 * meanH + 6) * radians) - 0.2 * cos((4 * meanH - 63) * radians)
        let turn = 30 * exp(-pow((meanH - 275) / 25, 2))
        let rc = 2 * (pow(mean, 7) / (pow(mean, 7) + pow(25, 7))).squareRoot()
        let sl = 1 + 0.015 * pow(meanL - 50, 2) / (20 + pow(meanL - 50, 2)).squareRoot()
        let (sc, sh) = (1 + 0.045 * mean, 1 + 0.015 * mean * t)
        let (dl, dc, dhue) = ((other.l - l) / sl, (c2 - c1) / sc, dH / sh)
        return (dl * dl + dc * dc + dhue * dhue - sin(2 * turn * radians) * rc * dc * dhue).squareRoot()
    }
}

@Suite("colours")
struct ColorTests {
    /// How colours look with one kind of cone missing (Machado, Oliveira and Fernandes, 2009, severity 1).
    private static let views: [(name: String, rows: [SIMD3<Double>])] = [
        ("all three cones", [SIMD3(1, 0, 0), SIMD3(0, 1, 0), SIMD3(0, 0, 1)]),
        (
            "protanopia",
            [
                SIMD3(0.152286, 1.052583, -0.204868), SIMD3(0.114503, 0.786281, 0.099216),
                SIMD3(-0.003882, -0.048116, 1.051998),
            ]
        ),
        (
            "deuteranopia",
            [
                SIMD3(0.367322, 0.860646, -0.227968), SIMD3(0.280085, 0.672501, 0.047413),
                SIMD3(-0.011820, 0.042940, 0.968881),
            ]
        ),
        (
            "tritanopia",
            [
                SIMD3(1.255528, -0.076749, -0.178779), SIMD3(-0.078411, 0.930809, 0.147602),
                SIMD3(0.004733, 0.691367, 0.303900),
            ]
        ),
    ]

    private func seen(_ color: Color, _ rows: [SIMD3<Double>]) -> Lab {
        func linear(_ value: UInt8) -> Double {
            let value = Double(value) / 255
            return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
        }
        let rgb = SIMD3(linear(color.red), linear(color.green), linear(color.blue))
        func part(_ row: SIMD3<Double>) -> Double { max(0, min(1, (row * rgb).sum())) }
        return Lab(linear: SIMD3(part(rows[0]), part(rows[1]), part(rows[2])))
    }

    @Test("the colour distance gives the values of its paper")
    func distance() {
        func near(_ one: Lab, _ other: Lab, _ value: Double) -> Bool {
            abs(one.distance(to: other) - value) < 1e-4
        }
        #expect(near(Lab(l: 50, a: 2.6772, b: -79.7751), Lab(l: 50, a: 0, b: -82.7485), 2.0425))
        #expect(near(Lab(l: 50, a: 2.5, b: 0), Lab(l: 73, a: 25, b: -18), 27.1492))
        #expect(near(Lab(l: 2.0776, a: 0.0795, b: -1.1350), Lab(l: 0.9033, a: -0.0636, b: -0.5514), 0.9082))
    }

    @Test(
        "any two emotions are told apart by colour with each kind of cone missing, and by emoji and pattern")
    func apart() {
        for view in Self.views {
            for one in Emotion.allCases {
                for other in Emotion.allCases where other.rawValue > one.rawValue {
                    let distance = seen(one.color, view.rows).distance(to: seen(other.color, view.rows))
                    #expect(distance >= 12, "\(one) and \(other) with \(view.name): \(distance)")
                    #expect(one.emoji != other.emoji && one.pattern != other.pattern)
                }
            }
        }
    }

    @Test("text has a contrast of 4.5 on its label, and lines on white and on black pictures")
    func contrast() throws {
        let layout = SceneLayout(text: try PangoText())
        var scenes = Scenes(seed: 3)
        for _ in 0..<200 {
            let face = DrawnFace(
                number: 1,
                box: scenes.faces(in: 1280, 720).first?.box ?? .init(x: 500, y: 300, width: 150, height: 150),
                probabilities: scenes.probabilities())
            var notes = Notes()
            notes.status = "30.0 frames/s"
            notes.hasLegend = true
            let drawing = layout.arrange(
                [face], on: Canvas(pictureWidth: 1280, pictureHeight: 720), notes: notes)
            for ground in [Color.white, .black] {
                for (index, shape) in drawing.shapes.enumerated() {
                    guard case .text(let run, _) = shape else { continue }
                    var below = ground
                    for lower in drawing.shapes[..<index] {
                        if case .fill(let plate, let color, _) = lower, plate.bounds.holds(run.bounds) {
                            below = color.over(below)
                        }
                    }
                    let contrast = run.color.contrast(to: below)
                    #expect(contrast >= 4.5, "'\(run.text)' has \(contrast)")
                }
            }
        }
        for emotion in Emotion.allCases {
            let rim = Color.black.opacity(0.72).over(.white)
            #expect(emotion.color.contrast(to: .black) >= 4.5 || emotion.color.contrast(to: .white) >= 4.5)
            #expect(rim.contrast(to: .white) >= 4.5, "the rim on white")
        }
    }
}
