//! The random words against `NumPy`'s.

use passcurve_core::rng::{Stream, philox};

/// `NumPy` 2.4.6: `np.random.Philox(key=seed).jumped(replicate).random_raw(9)`
#[test]
fn words_are_numpys() {
    let cases = [
        (
            (0, 0),
            [
                0x02f4_ba64_08e4_d89b,
                0x3dd6_2b0b_9ca8_c5b2,
                0x1c86_67a5_5d90_2e79,
                0x907d_7a05_2fd5_b4dc,
                0x809b_f322_8839_87c3,
                0x4711_28b9_e807_f7dd,
                0xf250_ba0d_bec0_65b7,
                0xfc6e_d667_67a4_57bc,
                0x40fa_86f0_f781_945d,
            ],
        ),
        (
            (20_240_607, 1),
            [
                0xb639_a413_5037_fec0,
                0x0dbb_8179_b148_b090,
                0x0e67_931b_c593_33e5,
                0x0770_f09a_e0a6_ecbd,
                0x6c7a_6376_181b_66e5,
                0x0822_5d89_6675_f039,
                0x6129_8c52_1fa4_f4c5,
                0x997e_1606_bb22_1413,
                0xa95c_7869_dc24_cc72,
            ],
        ),
        (
            (u64::MAX, 12_345),
            [
                0xd035_9416_af06_aa2a,
                0x546a_832d_9fb8_c01c,
                0x885c_c353_db54_deff,
                0x8d4a_076e_d2f1_7c94,
                0xefde_6b46_c7dd_b49d,
                0xc8ac_8ab3_06d9_1ae9,
                0x99eb_2c6b_ffa2_58fc,
                0x14a0_6046_ae6f_763b,
                0x71e5_c55b_6828_3d17,
            ],
        ),
    ];
    for ((seed, replicate), words) in cases {
        let mut stream = Stream::new(seed, replicate);
        assert_eq!(words.map(|_| stream.next_u64()), words, "seed {seed} replicate {replicate}");
    }
}

/// Random123, `kat_vectors`, the philox4x64 10 line with the digits of pi.
#[test]
fn digits_of_pi() {
    let counter =
        [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344, 0xa409_3822_299f_31d0, 0x082e_fa98_ec4e_6c89];
    let key = [0x4528_21e6_38d0_1377, 0xbe54_66cf_34e9_0c6c];
    let block = [0xa528_f454_03e6_1d95, 0x38c7_2dbd_566e_9788, 0xa5a1_610e_72fd_18b5, 0x57bd_43b5_e52b_7fe6];
    assert_eq!(philox(counter, key), block);
}

#[test]
fn a_block_is_the_next_four_words() {
    let (mut words, mut blocks) = (Stream::new(9, 4), Stream::new(9, 4));
    for _ in 0..3 {
        assert_eq!([(); 4].map(|()| words.next_u64()), blocks.next_block());
    }
}
