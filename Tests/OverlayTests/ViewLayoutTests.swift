import Imaging
import Overlay
import Testing

private func layout(_ width: Int, _ height: Int, mirrored: Bool = false) -> ViewLayout {
    ViewLayout(
        pictureWidth: 640, pictureHeight: 480, windowWidth: width, windowHeight: height, density: 1,
        isMirrored: mirrored)
}

@Test("the picture keeps its aspect and lies in the middle of any window")
func aspect() {
    #expect(layout(1280, 960).picture == ViewBox(x: 0, y: 0, width: 1280, height: 960))
    #expect(layout(1920, 960).picture == ViewBox(x: 320, y: 0, width: 1280, height: 960))
    #expect(layout(320, 1000).picture == ViewBox(x: 0, y: 380, width: 320, height: 240))
}

@Test("boxes follow the picture, from the other side in a mirror")
func boxes() {
    let box = Rectangle(x: 100, y: 50, width: 80, height: 60)
    #expect(layout(1920, 960).place(box) == ViewBox(x: 520, y: 100, width: 160, height: 120))
    #expect(layout(1280, 960, mirrored: true).place(box) == ViewBox(x: 920, y: 100, width: 160, height: 120))
}

@Test("a panel stands beside its face, in the picture, on no other face")
func panels() {
    let layout = layout(1280, 960)
    let face = ViewBox(x: 500, y: 300, width: 200, height: 200)
    func place(_ face: ViewBox, _ others: [ViewBox] = []) -> ViewBox? {
        layout.place(panelWidth: 250, panelHeight: 200, beside: face, avoiding: [face] + others)
    }
    #expect((place(face)?.x ?? 0) > face.right)
    let right = ViewBox(x: 750, y: 300, width: 200, height: 200)
    #expect((place(face, [right])?.right ?? .infinity) < face.x)
    let atEdge = ViewBox(x: 1080, y: 300, width: 200, height: 200)
    #expect((place(atEdge)?.right ?? .infinity) < atEdge.x)
    #expect(place(ViewBox(x: 0, y: 0, width: 1280, height: 960)) == nil)
}

@Test("windows and pictures without size do no harm")
func empty() {
    let layout = ViewLayout(
        pictureWidth: 0, pictureHeight: 0, windowWidth: 0, windowHeight: 0, density: 0, isMirrored: true)
    let box = layout.place(Rectangle(x: 1, y: 2, width: 3, height: 4))
    #expect(box.x.isFinite && box.width.isFinite)
}
