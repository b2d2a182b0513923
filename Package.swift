// swift-tools-version: 6.1
import PackageDescription

// One module a room. Each imports only rooms above it in this list.

func systemLibrary(_ name: String, pkgConfig: String? = nil, package: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([package])])
}

func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(name: "\(name)Tests", dependencies: [.init(stringLiteral: name)] + dependencies)
}

/// Overlay, where the trait Window is on.
let window = Target.Dependency.target(name: "Overlay", condition: .when(traits: ["Window"]))

let package = Package(
    name: "raut",
    products: [
        .executable(name: "raut", targets: ["raut"]),
        .library(name: "Raut", targets: ["Raut"]),
    ],
    // All are there unless left out: swift build -c release --product raut --disable-default-traits
    traits: [
        .trait(name: "MQTT", description: "Publishes events to an MQTT broker through libmosquitto."),
        .trait(name: "Window", description: "Shows a window through SDL2."),
        .trait(name: "HTTP", description: "Shows what happens in a browser through libmicrohttpd."),
        .trait(
            name: "MPI", description: "Trains on several machines through Open MPI; off unless asked for."),
        .default(enabledTraits: ["MQTT", "Window", "HTTP"]),
    ],
    targets: [
        systemLibrary("CV4L2", pkgConfig: "libv4l2", package: "libv4l-dev"),
        // Without pkg-config, which would link with it, as with SDL2 and libmosquitto: see the late libraries below.
        systemLibrary("COpenBLAS", package: "libopenblas-dev"),
        // Without pkg-config, whose -D_REENTRANT SwiftPM warns of.
        systemLibrary("CSDL2", package: "libsdl2-dev"),
        systemLibrary("CTurboJPEG", pkgConfig: "libturbojpeg", package: "libturbojpeg0-dev"),
        systemLibrary("CPNG", pkgConfig: "libpng", package: "libpng-dev"),
        // Without pkg-config, whose -pthread SwiftPM warns of.
        systemLibrary("CCairo", package: "libpango1.0-dev"),
        systemLibrary("CExpat", pkgConfig: "expat", package: "libexpat1-dev"),
        systemLibrary("CLZMA", pkgConfig: "liblzma", package: "liblzma-dev"),
        systemLibrary("CSystemd", pkgConfig: "libsystemd", package: "libsystemd-dev"),
        systemLibrary("CSQLite", pkgConfig: "sqlite3", package: "libsqlite3-dev"),
        // Without pkg-config, which names a folder of a library that its own headers ask for.
        systemLibrary("CMicroHTTPD", package: "libmicrohttpd-dev"),
        systemLibrary("CMosquitto", package: "libmosquitto-dev"),
        systemLibrary("CMPI", pkgConfig: "ompi-c", package: "libopenmpi-dev"),
        .systemLibrary(name: "CLinux"),
        .target(name: "CKernels"),
        .target(name: "CSpawn"),
        .target(name: "CPNGCodec", dependencies: ["CPNG"]),
        // What not every run needs is loaded at its first use: docs/decisions/late-libraries.md.
        .target(name: "CLateLibrary"),
        .target(name: "COpenBLASLate", dependencies: ["CLateLibrary", "COpenBLAS"]),
        .target(name: "CSDL2Late", dependencies: ["CLateLibrary", "CSDL2"]),
        .target(name: "CCairoLate", dependencies: ["CLateLibrary", "CCairo"]),
        .target(name: "CMicroHTTPDLate", dependencies: ["CLateLibrary", "CMicroHTTPD"]),
        .target(name: "CMosquittoLate", dependencies: ["CLateLibrary", "CMosquitto"]),
        room("System", ["CLinux", "CSpawn"]),
        room("Imaging", ["System", "CLinux", "CTurboJPEG", "CPNGCodec"]),
        room("Faces", ["Imaging"]),
        // Apart from Capture, which would take seconds longer to compile with the picture's bytes in it.
        .target(name: "DemoPicture", resources: [.embedInCode("faces.jpg")]),
        room("Capture", ["System", "Imaging", "DemoPicture", "CV4L2", "CLinux", "CKernels"]),
        room("FaceDetection", ["System", "Imaging", "Faces", "CExpat", "CKernels"]),
        // Lifetimes: a tensor lends its elements as a Span, which can't outlive it.
        .target(
            name: "NeuralNetwork", dependencies: ["System", "COpenBLAS", "COpenBLASLate", "CKernels"],
            swiftSettings: [.enableExperimentalFeature("Lifetimes")]),
        .target(
            name: "MessagePassing",
            dependencies: [
                "System", "NeuralNetwork", .target(name: "CMPI", condition: .when(traits: ["MPI"])),
            ]),
        room("EmotionRecognition", ["System", "Imaging", "Faces", "FaceDetection", "NeuralNetwork"]),
        room("FaceVerification", ["System", "Imaging", "Faces", "FaceDetection", "NeuralNetwork"]),
        room("Tracking", ["Imaging", "Faces"]),
        room(
            "Training",
            [
                "System", "Imaging", "Faces", "FaceDetection", "NeuralNetwork", "EmotionRecognition",
                "FaceVerification", "CLZMA",
            ]),
        .target(
            name: "Events",
            dependencies: [
                "System", "Imaging", "Faces", "CSystemd", "CLinux", "CSQLite",
                .target(name: "CMosquitto", condition: .when(traits: ["MQTT"])),
                .target(name: "CMosquittoLate", condition: .when(traits: ["MQTT"])),
                .target(name: "CMicroHTTPD", condition: .when(traits: ["HTTP"])),
                .target(name: "CMicroHTTPDLate", condition: .when(traits: ["HTTP"])),
            ],
            resources: [
                .embedInCode("HTTP/Resources/page.html"), .embedInCode("HTTP/Resources/raut.css"),
                .embedInCode("HTTP/Resources/raut.js"), .embedInCode("HTTP/Resources/icon.svg"),
                .embedInCode("events.schema.json"),
            ]),
        room("Drawing", ["Imaging", "Faces", "CCairo", "CCairoLate"]),
        room(
            "Pipeline",
            [
                "System", "Imaging", "Faces", "Capture", "FaceDetection", "EmotionRecognition",
                "FaceVerification",
                "Tracking", "Events",
            ]),
        room("Recording", ["System", "Imaging", "Faces", "Capture", "Drawing", "Pipeline"]),
        room(
            "Overlay",
            [
                "System", "Imaging", "Faces", "Capture", "Drawing", "Pipeline", "CSDL2", "CSDL2Late",
                "CKernels",
            ]),
        room(
            "Analysis",
            [
                "System", "Imaging", "Faces", "Capture", "FaceDetection", "EmotionRecognition",
                "FaceVerification",
                "Tracking", "Events", "Drawing", "Pipeline", "Recording",
            ]),
        room(
            "Raut",
            [
                "System", "Imaging", "Faces", "Capture", "FaceDetection", "EmotionRecognition",
                "FaceVerification", "Pipeline", "Analysis",
            ]),
        .executableTarget(
            name: "raut",
            dependencies: [
                "System", "Imaging", "Faces", "Capture", "FaceDetection", "NeuralNetwork", "MessagePassing",
                "EmotionRecognition",
                "FaceVerification", "Tracking", "Training", "Events", "Drawing", "Pipeline", "Recording",
                window,
                "Analysis",
                "CLinux",
            ]),
        .target(name: "Mutation", path: "Tests/Mutation"),
        .target(name: "TestSupport", dependencies: ["System"], path: "Tests/TestSupport"),
        .target(name: "SchemaCheck", dependencies: ["Events"], path: "Tests/SchemaCheck"),
        .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
        .testTarget(name: "HouseTests"),
        tests("System", ["TestSupport", "CLateLibrary"]),
        tests("Imaging", ["System", "Mutation"]),
        tests("Capture", ["System", "Imaging", "Mutation", "TestSupport", "CKernels"]),
        tests(
            "FaceDetection", ["System", "CKernels", "Faces", "Imaging", "Mutation", "CAllocationCounter"]),
        tests("NeuralNetwork", ["CKernels", "Mutation"]),
        tests(
            "EmotionRecognition",
            ["System", "Faces", "Imaging", "FaceDetection", "NeuralNetwork", "CAllocationCounter"]),
        tests(
            "FaceVerification",
            ["Faces", "Imaging", "FaceDetection", "NeuralNetwork", "CAllocationCounter"]),
        tests("Tracking", ["Faces", "Imaging", "FaceDetection", "EmotionRecognition"]),
        tests(
            "Training", ["System", "Faces", "Imaging", "NeuralNetwork", "EmotionRecognition", "TestSupport"]),
        tests(
            "Events",
            [
                "System", "Faces", "Imaging", "EmotionRecognition", "Tracking", "Mutation", "SchemaCheck",
                "TestSupport",
            ]),
        tests("Drawing", ["Faces", "Imaging"]),
        tests(
            "Overlay",
            [
                "System", "Faces", "Imaging", "Capture", "Drawing", "Pipeline", "Recording", "CSDL2",
                "CSDL2Late",
                "CKernels",
            ]),
        tests(
            "Pipeline",
            [
                "SchemaCheck", "System", "Imaging", "Faces", "Capture", "FaceDetection", "EmotionRecognition",
                "Events", "Recording",
                "Tracking", "TestSupport",
            ]),
        tests(
            "Analysis",
            [
                "SchemaCheck", "System", "Events", "Faces", "FaceDetection", "Imaging", "Pipeline", "Capture",
            ]),
        tests("Recording", ["Pipeline"]),
        tests("Raut"),
        tests(
            "raut",
            [
                "System", "EmotionRecognition", "FaceDetection", "FaceVerification", "Faces", "Imaging",
                "Capture", "Events", "Pipeline", "Analysis", "NeuralNetwork", "Mutation", "SchemaCheck",
                "TestSupport",
            ]),
    ],
    swiftLanguageModes: [.v6]
)
