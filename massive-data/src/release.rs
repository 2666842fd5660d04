//! The files of release 1.1, as published: their sizes and SHA-256 digests.

use crate::locale::Locale;

/// A file of the release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReleaseFile {
    /// The locale whose utterances it holds; the file is named after it.
    pub locale: Locale,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, in lower-case hexadecimal digits.
    pub sha256: &'static str,
}

impl ReleaseFile {
    /// The file of a locale, if the release has the locale.
    pub fn of(locale: Locale) -> Option<&'static ReleaseFile> {
        FILES.get(locale.index())
    }
}

const fn file(locale: Locale, bytes: u64, sha256: &'static str) -> ReleaseFile {
    ReleaseFile { locale, bytes, sha256 }
}

/// All 52, in code-point order of the locales.
pub const FILES: [ReleaseFile; 52] = [
    file(
        Locale::AF_ZA,
        12_021_242,
        "03e280b08c00af4a9b7ba5b05e3c0a1a870eae8a488e3eab4526863abef6e04e",
    ),
    file(
        Locale::AM_ET,
        12_826_964,
        "13c5a4952e3169a940b6a7da3e0d278327d2895c999b8b5d07045285da5db231",
    ),
    file(
        Locale::AR_SA,
        12_371_029,
        "b604b44d3bb94e4f71f64d041229e16ceb42d7b89385df7c82873d2514737186",
    ),
    file(
        Locale::AZ_AZ,
        12_195_341,
        "9a643dbf6e07e90ba8b1554bd95e9946b42037bd52550aac90f4e774ee58ed8c",
    ),
    file(
        Locale::BN_BD,
        13_872_289,
        "de4dbf6553dda2adae44663156b940980606bc4dbc4a4b7c802410da6ee28dbf",
    ),
    file(
        Locale::CA_ES,
        12_212_104,
        "7da25fa3f731ea96dc9caa48363863c117c652ad628e5c7be0d9fdab7ccb7ed3",
    ),
    file(
        Locale::CY_GB,
        12_017_322,
        "09d3833b6bfe8958875b29ccf3bdb2f1679ff1ff03b6383f5643c8e4ea3d1539",
    ),
    file(
        Locale::DA_DK,
        11_937_569,
        "29df4f5e464dfa2613b2d1b60fc1fd35f8536f12dbab4db13f65bc35dbbf3876",
    ),
    file(
        Locale::DE_DE,
        12_111_590,
        "5e09cc550b38d37faf002e0ff42103acd330906e23032689e8f071e1cf3ff621",
    ),
    file(
        Locale::EL_GR,
        13_298_217,
        "0f6509b8fff6e6cc8e87cffe1e7a90754192bd6a6766033c694ff41cf741353d",
    ),
    file(
        Locale::EN_US,
        3_904_197,
        "c70f75c6a543a26e249ec383df67733ad9b1066f6c0406c2e04a3f03356e407e",
    ),
    file(
        Locale::ES_ES,
        12_102_823,
        "310462a79fa181ff83c643a8d356c7b8155fd37a25e80a77ba3ca9b29305c4a5",
    ),
    file(
        Locale::FA_IR,
        12_746_774,
        "5411b776cda6bd1d6e554263f953599e9d1cc23e23a4c94d43d1836ddccb88c1",
    ),
    file(
        Locale::FI_FI,
        12_024_856,
        "16eaaf8920f66aa6494ed268c0863e2b92fa8845d78516c25c71b473c3aa3f90",
    ),
    file(
        Locale::FR_FR,
        12_187_582,
        "f9bf3db170ad415b389e4c9594dd0f8f80c38188143e05cc4459a6fa7df7cf49",
    ),
    file(
        Locale::HE_IL,
        12_465_888,
        "21190f24f5f067f11a33fc23d5cd524ae5df6443255252365fb19e74e4a00e13",
    ),
    file(
        Locale::HI_IN,
        13_832_111,
        "5ec38fdc3a424ba4ce85de7f8c2ac0a3a8838417f1df60a4a8cc5ea4fd1e700c",
    ),
    file(
        Locale::HU_HU,
        12_122_333,
        "620145338c34dd7cea59b5fe463b864df1121c52b0f4f9540229d5e9e31be4e7",
    ),
    file(
        Locale::HY_AM,
        13_032_136,
        "78c2d428e6974cb06d51d955e5f26d93a74346b2979e7a9e9e12f409d94dd222",
    ),
    file(
        Locale::ID_ID,
        11_990_806,
        "93e2b96ce2472caabf15d3959572e88a2f17ff425fbbe9b057f9df7ec0c4b534",
    ),
    file(
        Locale::IS_IS,
        12_128_632,
        "d1cbedd85aa5110cd2b73f24d10b284824da5285970b8cdc762ab41f2e5cf5d7",
    ),
    file(
        Locale::IT_IT,
        12_065_751,
        "d5125df760586376fdcbbda4dd5b0b8fa408dfb6d6219faa8a6dea4d3f74c194",
    ),
    file(
        Locale::JA_JP,
        12_263_054,
        "c22df382db6aa4a23dd1e7f62a2ac8f01c6158865771ad25201696be7201ab79",
    ),
    file(
        Locale::JV_ID,
        11_917_716,
        "d20b87af9add44c733f06f5efb353b4043697a9aacd5b9e53225096b1ffcde16",
    ),
    file(
        Locale::KA_GE,
        13_657_302,
        "aca097c97fadad1745ae38ed70aedd9fad82a8ce9caedf80853ab6abc123cf50",
    ),
    file(
        Locale::KM_KH,
        13_351_366,
        "3a4804ef62ee51cef7e6a12233a2292b757caf4163c6d14d63711d457d32e017",
    ),
    file(
        Locale::KN_IN,
        14_244_438,
        "c0ab6b5866ebedd17b85c45c831e5068a3e4d5d7732722aaaec91bd6153ef912",
    ),
    file(
        Locale::KO_KR,
        12_036_096,
        "3f44944978e95b1b3c083a6b378fc15ddcee996ef3371f1ca10635c772b93037",
    ),
    file(
        Locale::LV_LV,
        12_083_017,
        "283e0bb217f304ac716ebbbaa5f6ee3abbc936f4287b32a184a3fd35938a8c32",
    ),
    file(
        Locale::ML_IN,
        14_761_014,
        "9ec62a2368b6d029a7b02878749f1c055b464dc5b964bd83531b147b0aa40fc1",
    ),
    file(
        Locale::MN_MN,
        13_105_195,
        "2637c6265cff0a6a2b2d2f54ddbbea9ee7e0252739acc0b12a7d4e54dacc686d",
    ),
    file(
        Locale::MS_MY,
        12_062_151,
        "9bc9280d9626f3245ceb4eabef12cbcb9777a535fa33f54e26ca1f2b75e78e56",
    ),
    file(
        Locale::MY_MM,
        14_614_308,
        "fa30d38dcf642b5b446e89eddb54a18fd15fd6c6b927868dce93c8bcab3e19f6",
    ),
    file(
        Locale::NB_NO,
        11_955_280,
        "4e25d312848540aa72ad76d4eb5d061d27917d067defeacabb71b0ef78f78fe2",
    ),
    file(
        Locale::NL_NL,
        12_084_546,
        "5e9082181a82c22e3ed4d27117a4cbefe83c2b878659e9e8db93e07f33e21bfb",
    ),
    file(
        Locale::PL_PL,
        11_975_657,
        "4f9cd500390bd50c71332a38c189cd60dcf7f444885d0eaac4947f229ed4b154",
    ),
    file(
        Locale::PT_PT,
        12_087_142,
        "af89ce740b98e8fe73a0fb3ba69a296837910f037e954b87409ef41d467d3da0",
    ),
    file(
        Locale::RO_RO,
        12_046_222,
        "dd575ce48872f64a84076ad240539b9fab3be557e82f854490628a90c61ee9e1",
    ),
    file(
        Locale::RU_RU,
        13_029_758,
        "af7367861ea21c1d69a084b290145815f7eaf82dcdc43b7ab572b993f9b2a69d",
    ),
    file(
        Locale::SL_SL,
        11_949_519,
        "23ffdbd0613a32670b750109d0ddd8e702c517c638397d2be10230f955079927",
    ),
    file(
        Locale::SQ_AL,
        12_083_598,
        "c1c53e1b6cff81965dcf1f43a6c1293f4fbde4f5693831bf61db1e987bc2ba23",
    ),
    file(
        Locale::SV_SE,
        11_949_666,
        "eefb7dfc7eda3a84b4e5e94fd4981f9f34e726d097348ed112e3966188d3daf2",
    ),
    file(
        Locale::SW_KE,
        12_040_302,
        "ecbba1155655fddc049ef501386cf2c16129f78d23f0d306d78ff04bfaa014a3",
    ),
    file(
        Locale::TA_IN,
        14_674_447,
        "d9a28c1644cfe36a0b3715f341bceeaea52525668d01a70f448a8751e6dc1a55",
    ),
    file(
        Locale::TE_IN,
        14_239_239,
        "503250e32c6312fa6db30d094b66df361adb73720fc2f5718ac85234fd7e4125",
    ),
    file(
        Locale::TH_TH,
        13_699_531,
        "c42c3f066d7cb6fcdca61a9cee7f95df3b45b024cb8cbe589fdf4feb2cd9c064",
    ),
    file(
        Locale::TL_PH,
        12_318_006,
        "f47c548a49b94dcb33cce8246fe794f167c5e2bf1760a3ecd8ef9b5123f8ee0f",
    ),
    file(
        Locale::TR_TR,
        12_007_549,
        "7823b94a69fd1f249e06b3535e33dcf113ad0bb9493439bc2c9131552ac0ef29",
    ),
    file(
        Locale::UR_PK,
        12_824_202,
        "4117a7d393971c21077632d5938313cca73930e5d8d3cd522d3b0cb7c0553b1c",
    ),
    file(
        Locale::VI_VN,
        12_466_340,
        "9dfff36bac20067085d836c30f1a617de968c16fd81bf4c5b802ddd637ab131a",
    ),
    file(
        Locale::ZH_CN,
        11_818_747,
        "992bf0bef3d678f08c27e514739bc851163e8f40f530bfb4d5970a2c24408ace",
    ),
    file(
        Locale::ZH_TW,
        11_740_938,
        "e529feb6c56988575939fcc94cc837fd3391cfc48d5e62dd4e438e619beeabe7",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_locale_has_its_file() {
        for (locale, file) in Locale::RELEASE.into_iter().zip(&FILES) {
            assert_eq!(file.locale, locale);
            assert!(
                file.sha256.len() == 64 && !file.sha256.contains(|c: char| !c.is_ascii_hexdigit())
            );
        }
        assert_eq!(FILES.iter().map(|file| file.bytes).sum::<u64>(), 646_553_902);
    }
}
